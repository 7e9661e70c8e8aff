"""Files taken in, and what the register already holds of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from app.core.db import among, db, get_owned, require_tenant_id
from app.reciprocity.models import Account, ImportRun, Member, Offer, Transfer

SLICE = 5_000
"""Ids asked for in one statement."""
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Known:
    """An account, and whose it is: a member's id and imported key, none for other kinds."""

    number: int
    kind: str
    name: str
    is_open: bool
    member_id: uuid.UUID | None
    imported_key: str | None


class Content(NamedTuple):
    """What a transfer says: accounts (none for a group exchange), minutes, day."""

    debit: int | None
    credit: int | None
    minutes: int
    happened_on: date


def get_run(run_id: uuid.UUID, *, lock: bool = False) -> ImportRun:
    """A file taken in, or NoResultFound."""
    return get_owned(ImportRun, run_id, lock=lock)


def list_runs() -> sa.Select[ImportRun]:
    """The files taken in, or tried, newest first."""
    return (
        sa.select(ImportRun)
        .where(ImportRun.tenant_id == require_tenant_id())
        .order_by(ImportRun.created_at.desc(), ImportRun.id.desc())
    )


def find_unfinished(kind: str, source: str, sha256: str) -> ImportRun | None:
    """The same file, tried before and not taken in; or None."""
    return db.session.scalars(
        list_runs()
        .where(
            ImportRun.kind == kind,
            ImportRun.source == source,
            ImportRun.sha256 == sha256,
            ImportRun.state != "done",
            ImportRun.content.is_not(None),
        )
        .limit(1)
    ).first()


def list_old_runs(before: datetime) -> Sequence[ImportRun]:
    """The files brought before an instant of which the content, or lines in the report, are still kept."""
    kept = ImportRun.content.is_not(None) | (ImportRun.report != sa.literal([], JSONB))
    return db.session.scalars(list_runs().where(ImportRun.created_at < before, kept)).all()


def list_known() -> list[Known]:
    """Every account of the organisation, by number."""
    rows = db.session.execute(
        sa.select(
            Account.number,
            Account.kind,
            sa.func.coalesce(Member.name, Account.label, ""),
            Account.closed_at.is_(None),
            Member.id,
            Member.imported_key,
        )
        .outerjoin(
            Member,
            (Member.tenant_id == Account.tenant_id) & (Member.account_no == Account.number),
        )
        .where(Account.tenant_id == require_tenant_id())
        .order_by(Account.number)
    )
    return [Known(*row) for row in rows]


def list_offer_keys() -> set[str]:
    """What imported files call the offers that are here, and their own ids."""
    rows = db.session.execute(
        sa.select(Offer.id, Offer.imported_key).where(Offer.tenant_id == require_tenant_id())
    )
    return {str(word) for row in rows for word in row if word is not None}


def list_present(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Content]:
    """Those of these ids that are transfers of the organisation, and what they say."""
    present: dict[uuid.UUID, Content] = {}
    columns = (Transfer.debit, Transfer.credit, Transfer.minutes, Transfer.happened_on)
    for some in slices(ids, SLICE):
        found = sa.select(Transfer.id, *columns).where(
            Transfer.tenant_id == require_tenant_id(), Transfer.id.in_(some)
        )
        present.update((row.id, Content(*row[1:])) for row in db.session.execute(found))
    return present


def list_accounts_by_number(numbers: Iterable[int]) -> dict[int, Account]:
    """These accounts, as they are now."""
    wanted = sa.select(Account).where(
        Account.tenant_id == require_tenant_id(), among(Account.number, numbers)
    )
    found = db.session.scalars(wanted.execution_options(populate_existing=True))
    return {account.number: account for account in found}


def slices(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items, `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
