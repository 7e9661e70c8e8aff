"""Everything that an organisation has about its hours, as tables that can be taken elsewhere.

What is told of the ledger is as it stood at one instant: the versions of the accounts are read first, by
one statement, and no later entry is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.clock import paris
from app.core.db import db, require_tenant_id
from app.reciprocity.models import (
    LONGEST,
    NO_LIMIT,
    Account,
    AccountKind,
    Booklet,
    Category,
    ChequeUse,
    Entry,
    ExchangeNote,
    GroupLeg,
    Member,
    Offer,
    TimeRecord,
    Transfer,
)
from app.reciprocity.models.accounts import ACCOUNT_KIND_LABELS
from app.reciprocity.models.cheque_numbers import number_cheque
from app.tenants.queries import list_joined_bulles, list_run_bulles

AT_ONCE = 2_000
"""Rows that are in memory together."""
SYSTEM = {"tenant": "organisation", "fund": "fonds", "mirror": "miroir"}
"""Accounts that are nobody's: how a table calls them."""
Cells = Sequence[Any]
Pair = tuple[int, int, int]
"""Who gave, who received, how many minutes."""


@dataclass(frozen=True)
class Holder:
    """An account as it stood when the export began, and what tables call it."""

    account: Mapping[str, Any]
    name: str
    key: str


class Snapshot:
    """The accounts at one instant; what the tables tell goes no further."""

    def __init__(self) -> None:
        self.holders = {holder.account["number"]: holder for holder in _list_holders()}
        tenant_id = require_tenant_id()
        bulles = [*list_run_bulles(tenant_id), *list_joined_bulles(tenant_id)]
        self.bulles = {bulle.id: bulle.name for bulle in bulles}

    def list_members(self) -> Iterator[Cells]:
        """The members, then the accounts of groups and Bulles."""
        rows = _stream(
            sa.select(Member)
            .where(Member.tenant_id == require_tenant_id())
            .order_by(Member.account_no)
        )
        for (m,) in rows:
            yield (
                m.id, m.name, "membre", m.email, m.phone, ", ".join(m.interests), _yes(m.shows_contact),
                self.bulles.get(m.bulle_id), m.joined_on, m.left_on,
            )  # fmt: skip
        for holder in self.holders.values():
            if holder.account["kind"] in ("group", "bulle"):
                bulle = self.bulles.get(holder.account["bulle_id"])
                opened = holder.account["opened_on"]
                yield holder.key, holder.name, "groupe", "", "", "", "", bulle, opened, None

    def list_offers(self) -> Iterator[Cells]:
        """The offers and requests, closed ones included."""
        statement = (
            sa.select(Offer, Member.name, Category.name)
            .join(Member, (Member.tenant_id == Offer.tenant_id) & (Member.id == Offer.member_id))
            .join(Category, Category.id == Offer.category_id)
            .where(Offer.tenant_id == require_tenant_id())
            .order_by(Offer.published_at, Offer.id)
        )
        for offer, author, category in _stream(statement):
            kind = "besoin" if offer.kind == "request" else "offre"
            closed = paris(offer.closed_at).date() if offer.closed_at else None
            yield (
                offer.id, author, offer.member_id, kind, category, offer.title, offer.text,
                _yes(offer.for_group), paris(offer.published_at).date(), offer.expires_on, closed,
            )  # fmt: skip

    def list_exchanges(self) -> Iterator[Cells]:
        """Every transfer of a person, group or Bulle, corrections included; one row for each pair of a group
        exchange, so that the rows make the balances."""
        for transfer, legs, wording, category in _stream(self._transfers()):
            pairs = (
                pair_up({int(number): delta for number, delta in legs.items()})
                if transfer.debit is None
                else [(transfer.credit, transfer.debit, transfer.minutes)]
            )
            parts = cut(pairs)
            for rank, (giver, receiver, minutes) in enumerate(parts, start=1):
                one, other = self.holders[giver], self.holders[receiver]
                if {one.account["kind"], other.account["kind"]} <= set(SYSTEM):
                    continue
                key = str(transfer.id) if len(parts) == 1 else f"{transfer.id}/{rank}"
                yield (
                    key, transfer.happened_on, one.name, one.key, other.name, other.key,
                    f"{minutes // 60}:{minutes % 60:02d}", wording, category, transfer.kind_label,
                )  # fmt: skip

    def list_entries(self) -> Iterator[Cells]:
        """Every line of every account, in its order."""
        statement = self._told(sa.select(Entry)).order_by(Entry.account_no, Entry.version)
        for (e,) in _stream(statement):
            yield e.account_no, e.version, e.transfer_id, e.delta, e.balance_after

    def list_balances(self) -> Iterator[Cells]:
        """Every account."""
        for holder in self.holders.values():
            a = holder.account
            yield (
                a["number"], holder.name, holder.key, ACCOUNT_KIND_LABELS[AccountKind(a["kind"])],
                a["balance"], a["held"], _bound(a["floor"]), _bound(a["ceiling"]), a["version"],
                a["head"].hex(), a["closed_at"] and "oui",
            )  # fmt: skip

    def list_cheques(self) -> Iterator[Cells]:
        """Every use of a cheque, and every booklet of which none was used yet."""
        statement = (
            sa.select(Booklet, Member.name, ChequeUse.cheque, ChequeUse.turn, ChequeUse.transfer_id)
            .join(
                Member, (Member.tenant_id == Booklet.tenant_id) & (Member.id == Booklet.member_id)
            )
            .outerjoin(
                ChequeUse,
                (ChequeUse.tenant_id == Booklet.tenant_id) & (ChequeUse.booklet_id == Booklet.id),
            )
            .where(Booklet.tenant_id == require_tenant_id())
            .order_by(Booklet.number, ChequeUse.cheque, ChequeUse.turn)
        )
        for booklet, name, cheque, turn, transfer_id in _stream(statement):
            number = number_cheque(booklet.tenant_id, booklet.number, cheque) if cheque else ""
            voided = paris(booklet.voided_at).date() if booklet.voided_at else None
            issued = paris(booklet.issued_at).date()
            yield f"{booklet.number:04d}", name, issued, voided, number, turn, transfer_id

    def list_hours(self) -> Iterator[Cells]:
        """The timed hours, of each regime."""
        statement = (
            sa.select(TimeRecord)
            .where(TimeRecord.tenant_id == require_tenant_id())
            .order_by(TimeRecord.happened_on, TimeRecord.id)
        )
        for (hours,) in _stream(statement):
            holder = self.holders.get(hours.account_no)
            yield (
                hours.id, holder and holder.name, holder and holder.key, hours.happened_on,
                hours.during.lower.time(), hours.minutes, hours.regime_label, hours.activity,
                hours.transfer_id, hours.voided_at and "oui",
            )  # fmt: skip

    def _told(self, entries: sa.Select[Any]) -> sa.Select[Any]:
        """These entries as far as the versions that were read first."""
        versions = {n: holder.account["version"] for n, holder in self.holders.items()}
        integers = ARRAY(sa.Integer)
        horizon = (
            sa.func.unnest(
                sa.literal(list(versions), integers), sa.literal(list(versions.values()), integers)
            )
            .table_valued("number", "version")
            .render_derived("horizon")
        )
        return entries.join(
            horizon,
            (Entry.account_no == horizon.c.number) & (Entry.version <= horizon.c.version),
        ).where(Entry.tenant_id == require_tenant_id())

    def _transfers(self) -> sa.Select[Any]:
        gives = self._told(sa.select(Entry.transfer_id)).where(Entry.delta > 0)
        number = sa.cast(GroupLeg.account_no, sa.Text)
        legs = (
            sa.select(sa.func.jsonb_object_agg(number, GroupLeg.delta, type_=JSONB))
            .where(GroupLeg.tenant_id == Transfer.tenant_id, GroupLeg.transfer_id == Transfer.id)
            .correlate(Transfer)
            .scalar_subquery()
        )
        return (
            sa.select(Transfer, legs, ExchangeNote.wording, Category.name)
            .outerjoin(
                ExchangeNote,
                (ExchangeNote.tenant_id == Transfer.tenant_id)
                & (ExchangeNote.transfer_id == Transfer.id),
            )
            .outerjoin(Category, Category.id == ExchangeNote.category_id)
            .where(Transfer.tenant_id == require_tenant_id(), Transfer.id.in_(gives))
            .order_by(Transfer.posted_at, Transfer.id)
        )


def pair_up(legs: Mapping[int, int]) -> list[Pair]:
    """Who gave how many minutes to whom, so that each account has its own leg (+ given, - received)."""
    givers = [[number, delta] for number, delta in sorted(legs.items()) if delta > 0]
    pairs = []
    for number, delta in sorted(legs.items()):
        wanted = -delta
        while wanted > 0:
            minutes = min(wanted, givers[0][1])
            pairs.append((givers[0][0], number, minutes))
            wanted -= minutes
            givers[0][1] -= minutes
            if not givers[0][1]:
                givers.pop(0)
    return pairs


def cut(pairs: Iterable[Pair]) -> list[Pair]:
    """The same pairs, none longer than what a table may say of one exchange."""
    return [
        (giver, receiver, min(LONGEST, minutes - start))
        for giver, receiver, minutes in pairs
        for start in range(0, minutes, LONGEST)
    ]


def _list_holders() -> list[Holder]:
    columns = (
        Account.number, Account.kind, Account.bulle_id, Account.opened_on, Account.balance, Account.held,
        Account.floor, Account.ceiling, Account.version, Account.head, Account.closed_at,
    )  # fmt: skip
    rows = db.session.execute(
        sa.select(*columns, Account.label, Member.name, Member.id)
        .outerjoin(
            Member,
            (Member.tenant_id == Account.tenant_id) & (Member.account_no == Account.number),
        )
        .where(Account.tenant_id == require_tenant_id())
        .order_by(Account.number)
    )
    holders = []
    for *values, label, name, member_id in rows:
        account = {column.key: value for column, value in zip(columns, values, strict=True)}
        key = SYSTEM.get(account["kind"]) or str(member_id or f"compte-{account['number']}")
        holders.append(Holder(account, name or label or "", key))
    return holders


def _stream(statement: sa.Executable) -> Iterable[Any]:
    return db.session.execute(statement, execution_options={"yield_per": AT_ONCE})


def _bound(limit: int) -> int | None:
    return None if abs(limit) >= NO_LIMIT else limit


def _yes(answer: bool) -> str:
    return "oui" if answer else "non"
