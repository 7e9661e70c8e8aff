"""What organisations say of the hours between them, side by side. Each side is read in its own register."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from app.reciprocity.models.faults import Fault

_BALANCES = """
    SELECT m.peer_id, a.balance FROM mirrors m
    JOIN accounts a ON a.tenant_id = m.tenant_id AND a.number = m.account_no WHERE m.tenant_id = :tenant
"""
_TWINS = """
    SELECT c.transfer_id, c.peer_id, c.peer_transfer_id, t.minutes, t.kind FROM clearings c
    JOIN transfers t ON t.tenant_id = c.tenant_id AND t.id = c.transfer_id WHERE c.tenant_id = :tenant
"""


@dataclass(frozen=True)
class Twin:
    """One half of an exchange between two organisations, and which half it says is the other."""

    peer_id: uuid.UUID
    peer_transfer_id: uuid.UUID
    minutes: int
    kind: str


@dataclass(frozen=True)
class Side:
    """An organisation's own account of it: `balances` by peer, minutes; `twins` by transfer."""

    balances: Mapping[uuid.UUID, int]
    twins: Mapping[uuid.UUID, Twin]


def read_side(connection: sa.Connection, tenant_id: uuid.UUID) -> Side:
    """What a tenant's register says; `connection` reads as that tenant."""
    balances = connection.execute(sa.text(_BALANCES), {"tenant": tenant_id})
    twins = connection.execute(sa.text(_TWINS), {"tenant": tenant_id})
    return Side(
        {row.peer_id: row.balance for row in balances},
        {transfer: Twin(*facts) for transfer, *facts in twins},
    )


def compare_pairs(sides: Mapping[uuid.UUID, Side]) -> Iterator[Fault]:
    """Each pair owes the same on both sides, and each half of an exchange has its other half."""
    for here, side in sides.items():
        for peer, balance in side.balances.items():
            theirs = sides[peer].balances.get(here, 0) if peer in sides else 0
            if balance + theirs and (here < peer or peer not in sides):
                yield Fault(
                    "mirror_wrong", detail=f"{balance} min et {theirs} min, {here} et {peer}"
                )
        for transfer, twin in side.twins.items():
            other = (
                sides[twin.peer_id].twins.get(twin.peer_transfer_id)
                if twin.peer_id in sides
                else None
            )
            if other != Twin(here, transfer, twin.minutes, twin.kind):
                yield Fault("twin_wrong", transfer=transfer, detail=f"{here} et {twin.peer_id}")
