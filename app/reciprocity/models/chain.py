"""The hash chain of an account, computed without the database: what `ledger_core` and `ledger_link` of
migrations/reciprocity/posting.sql compute, for whoever checks them. Pure.

Integers are big-endian, days count from 2000-01-01, instants are microseconds from 2000-01-01 UTC, as
PostgreSQL sends them.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from app.reciprocity.models.accounts import GENESIS
from app.reciprocity.models.proof import Seal

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.date().toordinal()
_MICROSECOND = timedelta(microseconds=1)
_FACTS = struct.Struct(">iiiiiq")
_LINE = struct.Struct(">iii")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of an account, with what its transfer commits to (`core`)."""

    version: int
    delta: int
    core: bytes


def core(
    transfer_id: uuid.UUID,
    kind: str,
    debit: int | None,
    credit: int | None,
    minutes: int,
    happened_on: date,
    operator_no: int,
    posted_at: datetime,
) -> bytes:
    """What a transfer commits to. `debit` and `credit` are None for a group; `posted_at` is aware."""
    day = happened_on.toordinal() - _EPOCH_DAY
    instant = (posted_at - _EPOCH) // _MICROSECOND
    facts = _FACTS.pack(debit or 0, credit or 0, minutes, day, operator_no, instant)
    return transfer_id.bytes + facts + kind.encode()


def link(head: bytes, core: bytes, number: int, version: int, delta: int) -> bytes:
    """The head of account `number` once its entry `version` of `delta` minutes is added to `head`."""
    return sha256(head + core + _LINE.pack(number, version, delta)).digest()


def replay(number: int, lines: Iterable[Line], head: bytes = GENESIS) -> bytes:
    """The head of an account after these lines, oldest first; from its first one, unless `head` is given."""
    for line in lines:
        head = link(head, line.core, number, line.version, line.delta)
    return head


def seal_root(previous: bytes, heads: Iterable[tuple[int, int, bytes]]) -> bytes:
    """The root of a seal: over the root before it (GENESIS for the first) and (number, version, head) of each
    account that moved since, in order of number."""
    moved = (struct.pack(">ii", number, version) + head for number, version, head in heads)
    return sha256(previous + b"".join(moved)).digest()


def seal_text(seal: Seal, previous: bytes) -> bytes:
    """What the signature of a seal covers: a text that anyone can read. `previous`: the root before it."""
    facts = {
        "sceau": seal.number,
        "organisation": seal.tenant_id,
        "instant": seal.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "clos_jusqu_au": seal.closed_through,
        "comptes": seal.accounts,
        "lignes": seal.entries,
        "transactions": seal.snapshot,
        "racine_precedente": previous.hex(),
        "racine": seal.root.hex(),
    }
    lines = ["Registre des heures", *(f"{name} : {value}" for name, value in facts.items())]
    return "".join(f"{line}\n" for line in lines).encode()
