"""Taking everything elsewhere: the journal says who did."""

from __future__ import annotations

from app.core.audit import record
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.queries.accounts import get_account


def record_export(actor: Actor) -> None:
    """Say that someone takes everything with them. NoResultFound: the register is not open."""
    authorize(policies.can_manage(actor))
    record(actor, "export.made", get_account(1))
