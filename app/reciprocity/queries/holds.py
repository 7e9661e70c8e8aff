"""Requests that wait for an answer, and those that have one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core.clock import now
from app.core.db import db, get_owned, require_tenant_id
from app.core.text import fold
from app.reciprocity.models import Hold, HoldOutcome, Member

STATES = {"attente": "Sans réponse", "fait": "Avec une réponse"}
"""What the list is filtered by: values of the address, and their words."""


def get_hold(hold_id: uuid.UUID) -> Hold:
    """A request of the organisation, or NoResultFound."""
    return get_owned(Hold, hold_id)


def find_hold(hold_id: uuid.UUID) -> Hold | None:
    """A request of the organisation, None when nothing was asked under this id."""
    return db.session.get(Hold, (require_tenant_id(), hold_id))


def find_outcome(hold_id: uuid.UUID) -> HoldOutcome | None:
    """What became of a request, None while it waits."""
    return db.session.get(HoldOutcome, (require_tenant_id(), hold_id))


def list_to_answer(account_no: int) -> Sequence[Hold]:
    """What others ask this account to confirm, oldest first."""
    return db.session.scalars(_waiting().where(Hold.debit == account_no)).all()


def list_asked(account_no: int) -> Sequence[Hold]:
    """What this account asked and nobody answered yet, oldest first."""
    return db.session.scalars(_waiting().where(Hold.credit == account_no)).all()


def list_expired(at: datetime) -> Sequence[Hold]:
    """The requests whose time has run out and that wait still."""
    return db.session.scalars(_waiting().where(Hold.expires_at <= at)).all()


def count_waiting() -> int:
    """Requests that can still be answered and that nobody answered."""
    return _count(_waiting())


def count_for_team(before: datetime) -> int:
    """Of these, those that await the team: made before an instant, or asked of whom no e-mail reaches."""
    reached = sa.exists().where(
        Member.tenant_id == Hold.tenant_id,
        Member.account_no == Hold.debit,
        Member.email_digest.is_not(None),
    )
    return _count(_waiting().where((Hold.created_at < before) | ~reached))


def list_requests(*, q: str = "", state: str = "attente") -> sa.Select[Hold, HoldOutcome | None]:
    """The requests of the organisation with what became of them, those of one state, of someone's name."""
    statement = (
        sa.select(Hold, HoldOutcome)
        .outerjoin(HoldOutcome, _answers())
        .where(Hold.tenant_id == require_tenant_id())
    )
    if state in STATES:
        waits = HoldOutcome.hold_id.is_(None)
        statement = statement.where(waits if state == "attente" else ~waits)
    if q:
        named = sa.select(Member.account_no).where(
            Member.tenant_id == require_tenant_id(),
            Member.sort_key.contains(fold(q), autoescape=True),
        )
        statement = statement.where(Hold.debit.in_(named) | Hold.credit.in_(named))
    oldest_first = Hold.created_at if state == "attente" else Hold.created_at.desc()
    return statement.order_by(oldest_first, Hold.id)


def _waiting() -> sa.Select[Hold]:
    return (
        sa.select(Hold)
        .outerjoin(HoldOutcome, _answers())
        .where(Hold.tenant_id == require_tenant_id(), HoldOutcome.hold_id.is_(None))
        .order_by(Hold.created_at, Hold.id)
    )


def _count(waiting: sa.Select[Hold]) -> int:
    living = waiting.where(Hold.expires_at > now()).order_by(None).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(living)) or 0


def _answers() -> sa.ColumnElement[bool]:
    return (HoldOutcome.tenant_id == Hold.tenant_id) & (HoldOutcome.hold_id == Hold.id)
