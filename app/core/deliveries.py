"""What crosses a boundary is delivered: a frozen letter written into its reader's own space.

The reader reads it; its sender writes it once, sees what it sent, and may withdraw it. No request ever
reads across tenants by another way. The table's own policies (migrations) and triggers hold this.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Model, db, new_id, require_tenant_id
from app.core.jobs import later


class Delivery(Model):
    """A letter. `tenant_id` is its reader, `sender_id` who wrote it, `subject_id` what it speaks of."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index(None, "tenant_id", "kind", "subject_id"),
        sa.Index(None, "sender_id", "subject_id"),
    )

    tenant_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    sender_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("tenants.id"), default=require_tenant_id
    )
    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    version: Mapped[int]
    payload: Mapped[dict[str, Any]]
    document_sha256: Mapped[str | None]
    delivered_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]


def deliver(
    reader_id: uuid.UUID,
    kind: str,
    subject_id: uuid.UUID,
    payload: dict[str, Any],
    *,
    version: int = 1,
    document_sha256: str | None = None,
) -> Delivery:
    """Write a letter into a reader's space, and wake the reader's job `<context>.receive_<what>`."""
    delivery = Delivery(
        tenant_id=reader_id,
        id=new_id(),
        kind=kind,
        subject_id=subject_id,
        version=version,
        payload=payload,
        document_sha256=document_sha256,
    )
    db.session.add(delivery)
    context, what = kind.split(".")
    later(f"{context}.receive_{what}", tenant_id=reader_id, delivery_id=delivery.id)
    return delivery


def get_letter(delivery_id: uuid.UUID) -> Delivery:
    """A letter received by the current tenant, or NoResultFound."""
    return db.session.get_one(Delivery, (require_tenant_id(), delivery_id))


def find_latest_letter(kind: str, sender_id: uuid.UUID, subject_id: uuid.UUID) -> Delivery | None:
    """The letter of this kind with the highest version about a subject, or None."""
    return db.session.scalar(
        sa.select(Delivery)
        .where(
            Delivery.tenant_id == require_tenant_id(),
            Delivery.sender_id == sender_id,
            Delivery.kind == kind,
            Delivery.subject_id == subject_id,
        )
        .order_by(Delivery.version.desc())
        .limit(1)
    )


def withdraw(kind: str, subject_id: uuid.UUID) -> None:
    """Withdraw every letter of this kind that the current tenant sent about this subject."""
    db.session.execute(
        sa.update(Delivery)
        .where(
            Delivery.sender_id == require_tenant_id(),
            Delivery.kind == kind,
            Delivery.subject_id == subject_id,
            Delivery.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now())
    )
