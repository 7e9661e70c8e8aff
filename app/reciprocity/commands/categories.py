"""The network's own themes: added, retired, put back."""

from __future__ import annotations

import uuid

from app.core.audit import record
from app.core.clock import now
from app.core.db import db, new_id
from app.core.errors import DomainError
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.ledger import take_turn
from app.reciprocity.models import Category
from app.reciprocity.queries.categories import (
    find_category_named,
    find_last_position,
    get_category,
)


def add_category(actor: Actor, name: str) -> Category:
    """Add a theme for the whole network, after the others. DomainError: no name, or it exists."""
    authorize(policies.can_manage_categories(actor))
    name = " ".join(name.split())
    if not name:
        raise DomainError("Donnez un nom à ce thème.")
    take_turn("categories")
    if known := find_category_named(name):
        state = " Il a été retiré : remettez-le." if known.retired_at else ""
        raise DomainError(f"Le thème « {known.name} » existe déjà.{state}")
    category = Category(
        id=new_id(), publisher_id=actor.tenant_id, name=name, position=find_last_position() + 1
    )
    db.session.add(category)
    db.session.flush()
    record(actor, "category.added", category)
    return category


def retire_category(actor: Actor, category_id: uuid.UUID) -> Category:
    """No longer propose a theme; it stays on the notices that have it."""
    category = _own(actor, category_id)
    if category.retired_at is None:
        category.retired_at = now()
        record(actor, "category.retired", category)
    return category


def restore_category(actor: Actor, category_id: uuid.UUID) -> Category:
    """Propose a theme again."""
    category = _own(actor, category_id)
    if category.retired_at is not None:
        category.retired_at = None
        record(actor, "category.restored", category)
    return category


def _own(actor: Actor, category_id: uuid.UUID) -> Category:
    authorize(policies.can_manage_categories(actor))
    category = get_category(category_id)
    if category.publisher_id != actor.tenant_id:
        raise DomainError("Ce thème est livré avec l’application. Il reste pour tout le monde.")
    return category
