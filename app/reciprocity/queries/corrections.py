"""What corrects an exchange, and what it corrects."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.reciprocity.models import Operator, Reversal, Transfer


@dataclass(frozen=True)
class Correction:
    """What undid a transfer, what stands instead if anything does, why, by whom and when."""

    reversed_id: uuid.UUID
    reversal_id: uuid.UUID
    replaced_by: uuid.UUID | None
    reason: str
    noted_by: str
    noted_at: datetime


def first_posted_at(transfer: Transfer) -> datetime:
    """When an exchange was first noted, however often it was replaced since."""
    chain = sa.select(sa.literal(transfer.id).label("id")).cte(recursive=True)
    chain = chain.union(
        sa.select(Reversal.reversed_id).where(
            Reversal.tenant_id == require_tenant_id(), Reversal.replaced_by == chain.c.id
        )
    )
    return db.session.scalars(
        sa.select(sa.func.min(Transfer.posted_at)).where(
            Transfer.tenant_id == require_tenant_id(), Transfer.id.in_(sa.select(chain.c.id))
        )
    ).one()


def list_corrections(transfer_id: uuid.UUID) -> list[Correction]:
    """The corrections in which a transfer takes part: as what is undone, as what undoes, as what replaces."""
    rows = db.session.execute(
        sa.select(Reversal, Transfer.posted_at, Operator.name)
        .join(
            Transfer,
            (Transfer.tenant_id == Reversal.tenant_id) & (Transfer.id == Reversal.reversal_id),
        )
        .join(
            Operator,
            (Operator.tenant_id == Transfer.tenant_id) & (Operator.number == Transfer.operator_no),
        )
        .where(
            Reversal.tenant_id == require_tenant_id(),
            (Reversal.reversed_id == transfer_id)
            | (Reversal.reversal_id == transfer_id)
            | (Reversal.replaced_by == transfer_id),
        )
        .order_by(Transfer.posted_at)
    )
    return [
        Correction(row.reversed_id, row.reversal_id, row.replaced_by, row.reason, by, at)
        for row, at, by in rows
    ]
