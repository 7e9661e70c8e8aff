"""Conventions: our own, those received, their journal."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from app.conventions.models import (
    Convention,
    Party,
    ReceivedConvention,
    Round,
    State,
)
from app.core.clock import today
from app.core.db import db, get_owned, require_tenant_id
from app.core.text import fold

SORTS = {"titre": "title", "etat": "state", "date": "changed_at", "numero": "number"}


def get_convention(convention_id: uuid.UUID, *, lock: bool = False) -> Convention:
    """A convention of the current tenant, whole: its parties, steps, rounds and acts; or NoResultFound.

    With `lock`, whoever changes the same convention at this moment waits for us.
    """
    if lock:
        get_owned(Convention, convention_id, lock=True)
    return db.session.scalars(
        sa.select(Convention)
        .where(Convention.id == convention_id, Convention.tenant_id == require_tenant_id())
        .options(
            joinedload(Convention.entry),
            selectinload(Convention.parties).selectinload(Party.signatories),
            selectinload(Convention.steps),
            selectinload(Convention.rounds).selectinload(Round.acts),
        )
        # What was read before we held the lock may have changed since.
        .execution_options(populate_existing=lock)
    ).one()


def get_locked_by_round(round_id: uuid.UUID) -> Convention:
    """The convention of a round, locked: always the convention first, so that nobody waits in a circle."""
    return get_convention(get_owned(Round, round_id).convention_id, lock=True)


def get_received(received_id: uuid.UUID, *, lock: bool = False) -> ReceivedConvention:
    """A convention received by the current tenant, or NoResultFound."""
    return get_owned(ReceivedConvention, received_id, lock=lock)


def find_received(origin_id: uuid.UUID, convention_id: uuid.UUID) -> ReceivedConvention | None:
    """What the current tenant knows of a convention of `origin_id`, locked; None before the first letter."""
    return db.session.scalar(
        sa.select(ReceivedConvention)
        .where(
            ReceivedConvention.origin_id == origin_id,
            ReceivedConvention.convention_id == convention_id,
        )
        .with_for_update()
    )


def list_conventions(
    *, q: str = "", state: str = "", year: str = "", sort: str = "-date"
) -> sa.Select[Any]:
    """Rows (origin, id, number, title, partners_label, state, changed_at) of our conventions and of those
    received; sorted by titre, etat, date or numero, `-` in front for the other way."""
    columns = ("number", "title", "partners_label", "state", "changed_at", "search_key")
    union = sa.union_all(
        *(
            sa.select(
                sa.literal(origin).label("origin"), model.id, *(getattr(model, c) for c in columns)
            ).where(model.tenant_id == require_tenant_id())
            for origin, model in (("own", Convention), ("received", ReceivedConvention))
        )
    ).subquery()
    statement = sa.select(union)
    if q:
        statement = statement.where(union.c.search_key.like(f"%{fold(q)}%"))
    if state:
        statement = statement.where(union.c.state == state)
    if year:
        statement = statement.where(union.c.number.like(f"{year}-%"))
    column = union.c[SORTS.get(sort.removeprefix("-"), "changed_at")]
    return statement.order_by(column.desc() if sort.startswith("-") else column, union.c.id)


def list_years() -> list[str]:
    """The years of our conventions' numbers, latest first."""
    year = sa.func.left(Convention.number, 4)
    return list(db.session.scalars(sa.select(year).distinct().order_by(year.desc())))


def count_conventions() -> int:
    """How many conventions the list holds, ours and those received."""
    return (
        db.session.scalar(sa.select(sa.func.count()).select_from(list_conventions().subquery()))
        or 0
    )


def list_recent(limit: int = 3) -> list[Any]:
    """The rows of list_conventions() that changed last."""
    return list(db.session.execute(list_conventions().limit(limit)))


def list_to_answer() -> list[ReceivedConvention]:
    """Proposals that await the current tenant's answer, oldest first."""
    return list(
        db.session.scalars(
            sa.select(ReceivedConvention)
            .where(ReceivedConvention.state == State.PROPOSED, ReceivedConvention.answer.is_(None))
            .order_by(ReceivedConvention.changed_at)
        )
    )


def list_drafts() -> list[Convention]:
    """Our drafts, last changed first."""
    return _in_state(State.DRAFT)


def list_approved() -> list[Convention]:
    """Our approved conventions whose signatures are not open yet."""
    return _in_state(State.APPROVED)


def list_in_signature() -> list[Convention]:
    """Our conventions being signed, with their signatories and acts."""
    return list(
        db.session.scalars(
            sa.select(Convention)
            .where(Convention.state == State.SIGNING)
            .options(
                selectinload(Convention.parties).selectinload(Party.signatories),
                selectinload(Convention.rounds).selectinload(Round.acts),
            )
            .order_by(Convention.changed_at)
        )
    )


def _in_state(state: State) -> list[Convention]:
    return list(
        db.session.scalars(
            sa.select(Convention)
            .where(Convention.state == state)
            .options(
                joinedload(Convention.entry),
                selectinload(Convention.parties).selectinload(Party.signatories),
            )
            .order_by(Convention.changed_at.desc())
            .limit(20)
        )
    )


def list_over() -> list[uuid.UUID]:
    """Our conventions in force whose last day has passed."""
    return list(
        db.session.scalars(
            sa.select(Convention.id)
            .where(Convention.state == State.IN_FORCE, Convention.ends_on < today())
            .order_by(Convention.id)
        )
    )


def list_rounds_at_work(before: datetime) -> list[Round]:
    """Rounds that a worker may owe something: agreed and not frozen, or being signed; untouched since
    `before`, with their acts."""
    belongs = sa.and_(Convention.tenant_id == Round.tenant_id, Convention.id == Round.convention_id)
    return list(
        db.session.scalars(
            sa.select(Round)
            .join(Convention, belongs)
            .where(
                Convention.state.in_([State.APPROVED, State.SIGNING]),
                Convention.changed_at < before,
                Round.voided_at.is_(None),
                Round.sealed_at.is_(None),
            )
            .options(selectinload(Round.acts))
            .order_by(Round.id)
        )
    )
