"""What a member's own space shows: with whom they exchange, what they were thanked for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.core.text import fold
from app.reciprocity.models import Account, Entry, ExchangeNote, Member, Transfer

FEW = 12
"""How many people are offered at once."""


def get_other(account_no: int, member_id: uuid.UUID) -> Member:
    """A member with whom this account can exchange, or NoResultFound."""
    return db.session.scalars(
        _present().where(Member.id == member_id, Member.account_no != account_no)
    ).one()


def search_others(account_no: int, words: str) -> Sequence[Member]:
    """The members, this one apart, whose name holds these words; FEW + 1 at most, to know of more."""
    return db.session.scalars(
        _present()
        .where(
            Member.account_no != account_no,
            Member.sort_key.contains(fold(words.strip()), autoescape=True),
        )
        .order_by(Member.sort_key, Member.id)
        .limit(FEW + 1)
    ).all()


def list_companions(account_no: int) -> Sequence[Member]:
    """With whom someone exchanged lately, those of the last hundred lines first; FEW at most."""
    lately = (
        sa.select(Entry.version, Entry.transfer_id)
        .where(Entry.tenant_id == require_tenant_id(), Entry.account_no == account_no)
        .order_by(Entry.version.desc())
        .limit(100)
        .subquery()
    )
    other = sa.case((Transfer.debit == account_no, Transfer.credit), else_=Transfer.debit)
    met = (
        sa.select(other.label("number"), sa.func.max(lately.c.version).label("last"))
        .join(Transfer, Transfer.id == lately.c.transfer_id)
        .where(Transfer.tenant_id == require_tenant_id(), Transfer.debit.is_not(None))
        .group_by(other)
        .subquery()
    )
    return db.session.scalars(
        _present()
        .join(met, Member.account_no == met.c.number)
        .order_by(met.c.last.desc())
        .limit(FEW)
    ).all()


def list_thanks(account_no: int, limit: int = 3) -> Sequence[sa.Row[str, Transfer]]:
    """The last thank-you words left for who has this account, each with its exchange."""
    return db.session.execute(
        sa.select(ExchangeNote.thanks, Transfer)
        .select_from(Entry)
        .join(
            Transfer,
            (Transfer.tenant_id == Entry.tenant_id) & (Transfer.id == Entry.transfer_id),
        )
        .join(
            ExchangeNote,
            (ExchangeNote.tenant_id == Entry.tenant_id)
            & (ExchangeNote.transfer_id == Entry.transfer_id),
        )
        .where(
            Entry.tenant_id == require_tenant_id(),
            Entry.account_no == account_no,
            ExchangeNote.thanks != "",
            Transfer.credit == account_no,
        )
        .order_by(Entry.version.desc())
        .limit(limit)
    ).all()


def _present() -> sa.Select[Member]:
    return (
        sa.select(Member)
        .join(
            Account,
            (Account.tenant_id == Member.tenant_id) & (Account.number == Member.account_no),
        )
        .where(
            Member.tenant_id == require_tenant_id(),
            Member.left_on.is_(None),
            Member.erased_at.is_(None),
            Account.closed_at.is_(None),
        )
    )
