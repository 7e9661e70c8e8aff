"""Loops of debts between organisations: A owes B, who owes C, who owes A. Pure."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeGuard

Debts = Mapping[tuple[uuid.UUID, uuid.UUID], int]
"""(who owes, whom) → minutes, positive. Never both (A, B) and (B, A)."""


@dataclass(frozen=True)
class Loop:
    """`path[i]` owes `path[i + 1]`, and the last one owes the first: `minutes` can be cancelled all along."""

    path: tuple[uuid.UUID, ...]
    minutes: int

    def debts(self) -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
        """The debts that it goes through."""
        yield from pairwise((*self.path, self.path[0]))

    def legs(self) -> list[dict[str, Any]]:
        """The part of each, in order of organisation: what a Netting keeps."""
        owed_by = {owed: owing for owing, owed in self.debts()}
        return [
            {
                "tenant_id": str(owing),
                "owes_id": str(owed),
                "owed_by_id": str(owed_by[owing]),
                "minutes": self.minutes,
            }
            for owing, owed in sorted(self.debts())
        ]


def find_loops(debts: Debts) -> list[Loop]:
    """The loops to cancel, the shortest first: the fewer have to agree. Without them, no loop is left.

    Each loop cancels its smallest debt for good, so there are at most as many loops as debts. Deterministic:
    between loops as short, the one of the smallest organisations.
    """
    left = {pair: minutes for pair, minutes in debts.items() if minutes > 0}
    loops = []
    while path := _shortest(left):
        loop = Loop(path, min(left[pair] for pair in pairwise((*path, path[0]))))
        for pair in loop.debts():
            left[pair] -= loop.minutes
            if not left[pair]:
                del left[pair]
        loops.append(loop)
    return loops


def is_loop(legs: object) -> TypeGuard[list[dict[str, Any]]]:
    """Whether these legs are one: each organisation once, whom it owes is owed by it, the same minutes."""
    if not isinstance(legs, list) or not all(isinstance(leg, dict) for leg in legs):
        return False
    by_tenant = {leg.get("tenant_id"): leg for leg in legs}
    return (
        len(legs) >= 3
        and len(by_tenant) == len(legs)
        and all(
            type(leg.get("minutes")) is int
            and leg["minutes"] > 0
            and (owed := by_tenant.get(leg.get("owes_id"))) is not None
            and owed.get("owed_by_id") == leg["tenant_id"]
            and owed.get("minutes") == leg["minutes"]
            for leg in legs
        )
    )


def sha256_of(legs: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 (hex) of legs as JSON: sorted keys, no spaces."""
    canonical = json.dumps(list(legs), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _shortest(debts: Debts) -> tuple[uuid.UUID, ...]:
    """The shortest loop, the smallest one between equals; empty when there is none."""
    owed: dict[uuid.UUID, list[uuid.UUID]] = {}
    for owing, creditor in sorted(debts):
        owed.setdefault(owing, []).append(creditor)
    found = [path for start in owed if (path := _back_to(start, owed))]
    return min(found, key=lambda path: (len(path), path), default=())


def _back_to(
    start: uuid.UUID, owed: Mapping[uuid.UUID, Sequence[uuid.UUID]]
) -> tuple[uuid.UUID, ...]:
    """A shortest way from an organisation back to itself, breadth first."""
    before: dict[uuid.UUID, uuid.UUID] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in owed.get(here, ()):
            if there == start:
                return _unwind(here, start, before)
            if there not in before:
                before[there] = here
                queue.append(there)
    return ()


def _unwind(
    last: uuid.UUID, start: uuid.UUID, before: Mapping[uuid.UUID, uuid.UUID]
) -> tuple[uuid.UUID, ...]:
    path = [last]
    while path[-1] != start:
        path.append(before[path[-1]])
    return tuple(reversed(path))
