"""Past exchanges of a file: those to write into the register, those that are there."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.core.errors import DomainError
from app.core.permissions import Actor
from app.core.text import duration, fold, long_date
from app.reciprocity.commands.imports.columns import Cells
from app.reciprocity.commands.imports.lines import ExchangeLine, read_each, read_exchange
from app.reciprocity.commands.imports.trial import Trial
from app.reciprocity.commands.ledger import (
    SENTENCES,
    LedgerRefusal,
    call,
    call_rows,
    derived_id,
    operator_of,
)
from app.reciprocity.models import Account, ExchangeNote, ImportRun
from app.reciprocity.queries.accounts import find_account_name, find_ledger
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.imports import (
    Content,
    Known,
    list_accounts_by_number,
    list_present,
    slices,
)

BATCH = 4_000
"""Transfers written by one call. Smaller, the accounts are updated so often in the one transaction that their
old versions, which cannot be cleared before its end, slow it down; larger, one call grows costly."""
HISTORY = "Reprise de l’historique"
"""Why limits were widened, then put back."""


class LineRefusal(DomainError):
    """The register refused a line of the file while it was being taken in."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of the file as the register would write it. `own_id`: its id, in a file that we exported."""

    line: int
    id: uuid.UUID
    own_id: uuid.UUID | None
    giver: Known
    receiver: Known
    minutes: int
    happened_on: date
    wording: str
    category_id: uuid.UUID | None

    @property
    def content(self) -> Content:
        """What must be the same for it to be the same."""
        return Content(self.receiver.number, self.giver.number, self.minutes, self.happened_on)


@dataclass(frozen=True, slots=True)
class Crossing:
    """An account that history takes beyond its limits: the first line that does, the furthest balances."""

    line: int
    day: date
    lowest: int
    highest: int


class ExchangesImport(Trial[Movement]):
    """The trial, then the taking over, of a file of exchanges."""

    def __init__(self, run: ImportRun) -> None:
        super().__init__(run)
        self._ledger = find_ledger()
        self._categories = {
            fold(category.name): category.id
            for retired in (True, False)
            for category in list_categories(retired=retired)
        }
        self._ranks: Counter[tuple[object, ...]] = Counter()

    def take(self, number: int, cells: Cells) -> None:
        line = read_exchange(cells)
        giver, receiver = read_each(
            giver=lambda: self._people.find(line.giver),
            receiver=lambda: self._people.find(line.receiver),
        ).values()
        if giver.number == receiver.number:
            raise DomainError(SENTENCES["same_account"])
        if line.key and self._seen.setdefault(line.key, number) != number:
            raise DomainError(
                f"La clé « {line.key} » est déjà celle de la ligne {self._seen[line.key]}."
            )
        category_id = self._categories.get(fold(line.category)) if line.category else None
        wording = line.wording
        if line.category and category_id is None:
            wording = f"{wording} ({line.category})".strip()
        self._taken.append(
            Movement(
                number,
                self._identify(line, giver, receiver),
                _own_id(line.key),
                giver,
                receiver,
                line.minutes,
                line.happened_on,
                wording,
                category_id,
            )
        )

    def finish(self) -> None:
        """Set apart what is there, then say what the register would refuse."""
        asked = [one for move in self._taken for one in (move.id, move.own_id) if one]
        present = list_present(asked)
        fresh = []
        for move in self._taken:
            if move.own_id in present:
                self.known += 1
            elif move.id not in present:
                fresh.append(move)
            elif present[move.id] == move.content:
                self.known += 1
            else:
                self.faults.append((move.line, SENTENCES["exists_with_different_content"]))
        self._taken = sorted(fresh, key=lambda move: (move.happened_on, move.line))
        for move in self._taken:
            self.faults.extend((move.line, sentence) for sentence in self._judge(move))
        accounts = list_accounts_by_number(self._touched())
        crossings = self._list_crossings(accounts)
        self.limits = [_tell(accounts[n], crossing) for n, crossing in crossings.items()]
        self.samples = [(move.line, _say(move)) for move in self._taken[:5]]

    def carry_out(self, actor: Actor, *, beyond_limits: bool) -> None:
        """Write them all, in the order of their days. LineRefusal: not one is written.

        Where history goes beyond the limits of an account, they give way while it is written, and are put
        back: from then on the account can go no further.
        """
        # A new author is a row of the register's own: before the locks.
        operator = operator_of(actor)
        call("ledger_lock_accounts", p_accounts=self._touched())
        accounts = list_accounts_by_number(self._touched())
        crossings = self._list_crossings(accounts)
        if crossings and not beyond_limits:
            first = min(crossings.values(), key=lambda crossing: crossing.line)
            raise LineRefusal(first.line, "Les comptes ont changé : une limite est passée.")
        before = {
            n: (accounts[n].floor, accounts[n].ceiling, accounts[n].own_limits) for n in crossings
        }
        for number, crossing in crossings.items():
            floor, ceiling, own = before[number]
            widened = min(floor, crossing.lowest), max(ceiling, crossing.highest)
            _limit(number, *widened, own=own, operator=operator)
        for some in slices(self._taken, BATCH):
            _post(some, operator)
        for number, (floor, ceiling, own) in before.items():
            _limit(number, floor, ceiling, own=own, operator=operator)
        _write_notes(self._taken)

    def _identify(self, line: ExchangeLine, giver: Known, receiver: Known) -> uuid.UUID:
        if line.key:
            return derived_id("import", self._source, line.key)
        # The same thing twice in a file is two exchanges; the same file twice is one.
        said = (line.moment, giver.number, receiver.number, line.minutes)
        self._ranks[said] += 1
        return derived_id("import", self._source, *said, self._ranks[said])

    def _judge(self, move: Movement) -> Iterable[str]:
        for account in (move.giver, move.receiver):
            if not account.is_open:
                yield SENTENCES["account_closed"].format(who=account.name)
        book = self._ledger
        if book and book.opened_on <= move.happened_on <= book.closed_through:
            yield (
                f"Le {long_date(move.happened_on)} est un jour clos de votre registre. Cet échange y est"
                " peut-être déjà : enlevez la ligne, ou notez l’échange à la date d’aujourd’hui."
            )

    def _touched(self) -> list[int]:
        return sorted(
            {n for move in self._taken for n in (move.giver.number, move.receiver.number)}
        )

    def _list_crossings(self, accounts: dict[int, Account]) -> dict[int, Crossing]:
        balances = {number: account.balance for number, account in accounts.items()}
        crossings: dict[int, Crossing] = {}
        for move in self._taken:
            for number, delta in (
                (move.receiver.number, -move.minutes),
                (move.giver.number, move.minutes),
            ):
                account = accounts[number]
                balances[number] += delta
                free = balances[number] - account.held
                if (delta < 0 and free < account.floor) or (
                    delta > 0 and balances[number] > account.ceiling
                ):
                    seen = crossings.get(number, Crossing(move.line, move.happened_on, 0, 0))
                    crossings[number] = Crossing(
                        seen.line,
                        seen.day,
                        min(seen.lowest, free),
                        max(seen.highest, balances[number]),
                    )
        return crossings


def _own_id(key: str) -> uuid.UUID | None:
    # Our exports call a transfer by its id, and each pair of a group exchange by its id and a rank.
    try:
        return uuid.UUID(key.partition("/")[0])
    except ValueError:
        return None


def _post(moves: Sequence[Movement], operator: int) -> None:
    try:
        call_rows(
            "ledger_post_batch",
            p_kind="import",
            p_ids=[move.id for move in moves],
            p_debits=[move.receiver.number for move in moves],
            p_credits=[move.giver.number for move in moves],
            p_minutes=[move.minutes for move in moves],
            p_days=[move.happened_on for move in moves],
            p_operator=operator,
        )
    except LedgerRefusal as refusal:
        refused = moves[int(refusal.detail) - 1]
        said = SENTENCES[refusal.code].format(who=refused.giver.name, day="dernier jour clos")
        message = refusal.message if refusal.code.endswith("_reached") else said
        raise LineRefusal(refused.line, message) from refusal


def _limit(number: int, floor: int, ceiling: int, *, own: bool, operator: int) -> None:
    call(
        "ledger_set_limits",
        p_account=number,
        p_floor=floor,
        p_ceiling=ceiling,
        p_own=own,
        p_reason=HISTORY,
        p_operator=operator,
    )


def _write_notes(moves: Sequence[Movement]) -> None:
    notes = [
        {
            "tenant_id": require_tenant_id(),
            "transfer_id": move.id,
            "wording": move.wording,
            "category_id": move.category_id,
            "thanks": "",
        }
        for move in moves
        if move.wording or move.category_id
    ]
    for some in slices(notes, 1_000):
        db.session.execute(sa.insert(ExchangeNote), list(some))


def _say(move: Movement) -> str:
    return (
        f"Le {long_date(move.happened_on)}, {move.giver.name} a donné {duration(move.minutes)}"
        f" à {move.receiver.name}."
    )


def _tell(account: Account, crossing: Crossing) -> tuple[int, str]:
    who = find_account_name(account.number)
    if crossing.lowest < account.floor:
        return crossing.line, (
            f"{who} va jusqu’à {duration(crossing.lowest)}, pour une limite de {duration(account.floor)},"
            f" à partir du {long_date(crossing.day)}."
        )
    return crossing.line, (
        f"{who} va jusqu’à {duration(crossing.highest)}, pour une limite de {duration(account.ceiling)},"
        f" à partir du {long_date(crossing.day)}."
    )
