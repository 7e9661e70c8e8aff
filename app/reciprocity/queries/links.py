"""Personal links, and whom an e-mail address belongs to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core.clock import now
from app.core.crypto import digest, normalise_email
from app.core.db import db, get_owned, require_tenant_id
from app.core.text import fold
from app.reciprocity.models import Account, Entry, Member, MemberLink, Transfer

FEW = 12
"""How many people are offered at once."""


def get_link(link_id: uuid.UUID) -> MemberLink:
    """A personal link of the organisation, or NoResultFound."""
    return get_owned(MemberLink, link_id)


def list_live_links(member_id: uuid.UUID, *, until: datetime | None = None) -> Sequence[MemberLink]:
    """The links of a member that still open, and will at `until`; the one that lasts longest first."""
    return db.session.scalars(
        sa.select(MemberLink)
        .where(
            MemberLink.tenant_id == require_tenant_id(),
            MemberLink.member_id == member_id,
            MemberLink.revoked_at.is_(None),
            MemberLink.expires_at > (until or now()),
        )
        .order_by(MemberLink.expires_at.desc(), MemberLink.id)
    ).all()


def list_reached_by(email: str) -> Sequence[Member]:
    """The members of the organisation that an address belongs to: a couple may share one."""
    return db.session.scalars(
        _present().where(Member.email_digest == digest(normalise_email(email)))
    ).all()


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
