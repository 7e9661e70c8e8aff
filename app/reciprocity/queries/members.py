"""Members: found, listed, counted, and what each gave and received."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from app.core.db import db, get_owned, require_tenant_id
from app.reciprocity.models import EXCHANGES, Entry, Member, Reversal, Transfer


class Totals(NamedTuple):
    """Minutes given and received in exchanges."""

    given: int
    received: int


def get_member(member_id: uuid.UUID, *, lock: bool = False) -> Member:
    """A member of the organisation, or NoResultFound."""
    return get_owned(Member, member_id, lock=lock)


def find_member_of(account_no: int) -> Member | None:
    """Whose account it is; None when it is not a member's."""
    return db.session.scalar(
        sa.select(Member).where(
            Member.tenant_id == require_tenant_id(), Member.account_no == account_no
        )
    )


def totals(account_no: int) -> Totals:
    """What one account gave and received; see list_totals."""
    return list_totals([account_no]).get(account_no, Totals(0, 0))


def list_totals(numbers: Iterable[int]) -> dict[int, Totals]:
    """What several accounts gave and received in exchanges, those that were corrected left out.

    An account without any exchange is absent. Hours of welcome, gifts and grants are not exchanges.
    """
    rows = db.session.execute(select_totals().where(Entry.account_no.in_(set(numbers))))
    return {number: Totals(given, received) for number, given, received in rows}


def select_totals() -> sa.Select[tuple[int, int, int]]:
    """One row per account that took part in an exchange: number, minutes given, minutes received."""
    corrected = (
        sa.select(Reversal.reversed_id)
        .where(Reversal.tenant_id == Transfer.tenant_id, Reversal.reversed_id == Transfer.id)
        .exists()
    )
    return (
        sa.select(
            Entry.account_no,
            sa.func.coalesce(sa.func.sum(Entry.delta).filter(Entry.delta > 0), 0).label("given"),
            sa.func.coalesce(-sa.func.sum(Entry.delta).filter(Entry.delta < 0), 0).label(
                "received"
            ),
        )
        .join(
            Transfer,
            (Transfer.tenant_id == Entry.tenant_id) & (Transfer.id == Entry.transfer_id),
        )
        .where(Entry.tenant_id == require_tenant_id(), Transfer.kind.in_(EXCHANGES), ~corrected)
        .group_by(Entry.account_no)
    )
