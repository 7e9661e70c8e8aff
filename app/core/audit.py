"""The journal: who did what, on what, when. Written in the transaction of the act, never changed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Model, TenantOwned, db
from app.core.permissions import Actor

ACTIONS: dict[str, str] = {}


def declare_actions(actions: dict[str, str]) -> None:
    """A context declares its vocabulary: action code → French sentence without its subject."""
    ACTIONS.update(actions)


class Subject(Protocol):
    """What an event is about: a row with an id and a name that people read."""

    @property
    def audit_label(self) -> str: ...


class AuditEvent(TenantOwned, Model):
    """One line of a tenant's journal."""

    __tablename__ = "audit_events"
    __table_args__ = (sa.Index(None, "tenant_id", "subject_id"), sa.Index(None, "tenant_id", "at"))

    at: Mapped[datetime] = mapped_column(default=now)
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    subject_label: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def sentence(self) -> str:
        """What happened, in French, without who."""
        return ACTIONS[self.action]


SYSTEM = "Le réseau"


def record(actor: Actor | None, action: str, subject: Any, **details: Any) -> None:
    """Write one event of the declared vocabulary. No actor: the installation itself acted."""
    if action not in ACTIONS:
        raise LookupError(f"undeclared audit action {action!r}")
    db.session.add(
        AuditEvent(
            actor_id=actor.user_id if actor else None,
            actor_name=actor.name if actor else SYSTEM,
            action=action,
            subject_type=type(subject).__name__,
            subject_id=subject.id,
            subject_label=subject.audit_label,
            details=details,
        )
    )


def list_events(*, subject_id: uuid.UUID | None = None, q: str = "") -> sa.Select[AuditEvent]:
    """The journal, newest first, of everything or of one subject, searched in names and labels."""
    statement = sa.select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    if subject_id:
        statement = statement.where(AuditEvent.subject_id == subject_id)
    if q:
        like = f"%{q}%"
        statement = statement.where(
            AuditEvent.subject_label.ilike(like) | AuditEvent.actor_name.ilike(like)
        )
    return statement
