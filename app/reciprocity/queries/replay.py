"""The register read again, account by account and line by line, without trusting anything kept beside."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from app.reciprocity.models import GENESIS
from app.reciprocity.models.chain import core, link
from app.reciprocity.models.faults import Fault

CHUNK = 5_000
"""Rows held in memory at a time, of each of the streams."""
UNLIMITED = ("reversal", "settlement")
"""The kinds that restore the truth or take leave: no limit stops them."""

_ACCOUNTS = """
    SELECT number, balance, version, head FROM accounts WHERE tenant_id = :tenant ORDER BY number
"""
_LINES = """
    SELECT e.account_no, e.version, e.delta, e.balance_after, t.id, t.kind, t.debit, t.credit, t.minutes,
      t.happened_on, t.operator_no, t.posted_at
    FROM entries e LEFT JOIN transfers t ON t.tenant_id = e.tenant_id AND t.id = e.transfer_id
    WHERE e.tenant_id = :tenant ORDER BY e.account_no, e.version
"""
_LIMITS = """
    SELECT account_no, since_version, floor, ceiling FROM account_limits
    WHERE tenant_id = :tenant ORDER BY account_no, since_version, set_at
"""
_SEALED = """
    SELECT h.account_no, h.version, h.head, h.seal_no,
      (SELECT max(closed_through) FROM seals s WHERE s.tenant_id = :tenant AND s.number < h.seal_no)
    FROM seal_heads h WHERE h.tenant_id = :tenant ORDER BY h.account_no, h.version
"""
_CLOSED = "SELECT max(closed_through) FROM seals WHERE tenant_id = :tenant"
_OPENED = "SELECT opened_on FROM ledgers WHERE tenant_id = :tenant"


def replay(
    connection: sa.Connection, tenant_id: uuid.UUID, progress: Callable[[int], None]
) -> Iterator[Fault]:
    """The first fault of each account, in order of account; none for a register that holds.

    `connection` sees one instant, as that tenant. Memory does not grow with the register. `progress` is told
    how many lines were read since the last time.
    """
    # A cursor is planned for its first rows unless told otherwise: one look-up by line, here.
    connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")
    closed = connection.scalar(sa.text(_CLOSED), {"tenant": tenant_id})
    opened = connection.scalar(sa.text(_OPENED), {"tenant": tenant_id})
    with ExitStack() as open_streams:

        def rows(statement: str) -> Any:
            told = sa.text(statement).bindparams(tenant=tenant_id)
            return open_streams.enter_context(stream(connection, told))

        lines = Groups(_counted(rows(_LINES), progress))
        limits, sealed = Groups(rows(_LIMITS)), Groups(rows(_SEALED))
        for number, balance, version, head in rows(_ACCOUNTS):
            run = AccountReplay(
                number, list(limits.take(number)), list(sealed.take(number)), closed, opened
            )
            fault = run.read(lines.take(number)) or run.compare(balance, version, head)
            if fault:
                yield fault


def stream(connection: sa.Connection, statement: sa.Executable) -> sa.Result[Any]:
    """The rows of a statement, of which CHUNK at most are in memory; to be closed, as a context is."""
    options = {"stream_results": True, "yield_per": CHUNK}
    return connection.execute(statement, execution_options=options)


class Groups:
    """Rows in order of their first column (an account, a seal), given out one group after the other."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._groups = groupby(rows, key=itemgetter(0))
        self._next = next(self._groups, None)

    def take(self, number: int) -> Iterator[Any]:
        """The rows of this number; those of lower ones are left behind."""
        while self._next and self._next[0] < number:
            self._next = next(self._groups, None)
        if self._next and self._next[0] == number:
            yield from self._next[1]
            self._next = next(self._groups, None)


class AccountReplay:
    """One account from its first line: `limits` are (account, since_version, floor, ceiling), `sealed` are
    (account, version, head, seal number, last day that was closed before that seal); both in order.
    `closed`: the last day that any seal closed."""

    def __init__(
        self,
        number: int,
        limits: list[Any],
        sealed: list[Any],
        closed: date | None,
        opened: date | None,
    ) -> None:
        self.number = number
        self.limits, self.sealed = limits, sealed
        self.closed, self.opened = closed, opened
        self.balance, self.version, self.head = 0, 0, GENESIS
        self._limit, self._seal = 0, 0

    def read(self, lines: Iterable[Any]) -> Fault | None:
        """The first line that does not hold; what comes after one that does not proves nothing."""
        for line in lines:
            fault = self._add(*line)
            if fault:
                return fault
        return None

    def compare(self, balance: int, version: int, head: bytes) -> Fault | None:
        """What the account says of itself against its lines."""
        if version != self.version:
            return self._fault("version_wrong", detail=f"{self.version} lignes, {version} dites")
        if balance != self.balance:
            return self._fault("balance_wrong", detail=f"{self.balance} min, {balance} dites")
        if bytes(head) != self.head:
            return self._fault("head_wrong")
        if self._seal < len(self.sealed):
            return self._fault("sealed_head_wrong", detail=str(self.sealed[self._seal][3]))
        return None

    def _add(
        self,
        number: int,
        version: int,
        delta: int,
        balance_after: int,
        transfer: uuid.UUID | None,
        kind: str,
        *facts: Any,
    ) -> Fault | None:
        if version != self.version + 1:
            return self._fault("line_missing", detail=str(self.version + 1))
        if transfer is None:
            return self._fault("entry_orphan")
        self.version, self.balance = version, self.balance + delta
        if balance_after != self.balance:
            return self._fault("line_balance_wrong", transfer, str(version))
        if kind not in UNLIMITED and self._crosses(delta):
            return self._fault("limit_crossed", transfer, str(version))
        if self._is_late(kind, facts[3]):
            return self._fault("sealed_day_changed", transfer, str(version))
        self.head = link(self.head, core(transfer, kind, *facts), number, version, delta)
        return self._check_seal()

    def _crosses(self, delta: int) -> bool:
        limits = self.limits
        while self._limit + 1 < len(limits) and limits[self._limit + 1][1] < self.version:
            self._limit += 1
        if not limits:
            return False  # said by limits_wrong
        _, _, floor, ceiling = limits[self._limit]
        crossed: bool = self.balance < floor if delta < 0 else self.balance > ceiling
        return crossed

    def _is_late(self, kind: str, happened_on: date) -> bool:
        sealed = self.sealed
        closed = sealed[self._seal][4] if self._seal < len(sealed) else self.closed
        if closed is None or happened_on > closed:
            return False
        return not (kind == "import" and self.opened and happened_on < self.opened)

    def _check_seal(self) -> Fault | None:
        sealed = self.sealed
        while self._seal < len(sealed) and sealed[self._seal][1] == self.version:
            if bytes(sealed[self._seal][2]) != self.head:
                return self._fault("sealed_head_wrong", detail=str(sealed[self._seal][3]))
            self._seal += 1
        return None

    def _fault(self, code: str, transfer: uuid.UUID | None = None, detail: str = "") -> Fault:
        return Fault(code, self.number, transfer, detail)


def _counted(rows: Iterable[Any], progress: Callable[[int], None]) -> Iterator[Any]:
    unsaid = 0
    for row in rows:
        unsaid += 1
        if unsaid == CHUNK:
            progress(unsaid)
            unsaid = 0
        yield row
    progress(unsaid)
