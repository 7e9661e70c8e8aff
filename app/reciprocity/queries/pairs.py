"""The hours between organisations: what a register says of them, against what its neighbours' say.

Both are read at one instant, each as its own organisation; of a neighbour's, only what is about us. What is
missing here is found when the neighbour's register is checked.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from app.core.db import ReadAs
from app.reciprocity.models.faults import Fault
from app.tenants.queries import find_tenant

CHUNK = 5_000
"""Halves of exchanges held in memory at a time, of each side."""

_BALANCES = """
    SELECT m.peer_id, a.balance FROM mirrors m
    JOIN accounts a ON a.tenant_id = m.tenant_id AND a.number = m.account_no WHERE m.tenant_id = :tenant
"""
_HALVES = """
    SELECT c.peer_id, c.transfer_id AS id, c.peer_transfer_id AS other_id, t.minutes, t.kind FROM clearings c
    JOIN transfers t ON t.tenant_id = c.tenant_id AND t.id = c.transfer_id WHERE c.tenant_id = :tenant
"""
_BALANCE_WITH = sa.text(f"{_BALANCES} AND m.peer_id = :peer")
_SOME_HALVES = sa.text(f"{_HALVES} AND c.transfer_id > :after ORDER BY c.transfer_id LIMIT :most")
_HALVES_WITH = sa.text(f"{_HALVES} AND c.peer_id = :peer AND c.transfer_id = ANY(:ids)")


def compare_pairs(read_as: ReadAs, tenant_id: uuid.UUID) -> Iterator[Fault]:
    """What does not hold between a tenant's register and its neighbours': each pair owes the same on both
    sides, and each half of an exchange has its other half. Faults name the neighbour, never its figures."""
    balances = read_as(tenant_id).execute(sa.text(_BALANCES), {"tenant": tenant_id}).all()
    for peer_id, balance in balances:
        asked = {"tenant": peer_id, "peer": tenant_id}
        theirs = read_as(peer_id).execute(_BALANCE_WITH, asked).one_or_none()
        if balance + (theirs.balance if theirs else 0):
            yield Fault("mirror_wrong", detail=_name(peer_id))
    for peer_id, halves in _read_halves(read_as, tenant_id):
        asked = {"tenant": peer_id, "peer": tenant_id, "ids": [half.other_id for half in halves]}
        others = read_as(peer_id).execute(_HALVES_WITH, asked)
        matched = {(other.other_id, other.id, other.minutes, other.kind) for other in others}
        for half in halves:
            if (half.id, half.other_id, half.minutes, half.kind) not in matched:
                yield Fault("twin_wrong", transfer=half.id, detail=_name(peer_id))


def _read_halves(read_as: ReadAs, tenant_id: uuid.UUID) -> Iterator[tuple[uuid.UUID, list[Any]]]:
    """The halves that a tenant wrote, CHUNK at a time, by neighbour.

    Not a cursor: it would go on as the neighbour that was read meanwhile."""
    after = uuid.UUID(int=0)
    by_peer = attrgetter("peer_id")
    while True:
        asked = {"tenant": tenant_id, "after": after, "most": CHUNK}
        halves = read_as(tenant_id).execute(_SOME_HALVES, asked).all()
        for peer_id, found in groupby(sorted(halves, key=by_peer), key=by_peer):
            yield peer_id, list(found)
        if len(halves) < CHUNK:
            return
        after = halves[-1].id


def _name(tenant_id: uuid.UUID) -> str:
    tenant = find_tenant(tenant_id)
    return tenant.name if tenant else str(tenant_id)
