"""The themes of offers and requests: those that came with the product, and the network's own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db
from app.core.text import fold
from app.reciprocity.models import Category


def get_category(category_id: uuid.UUID) -> Category:
    """A theme, or NoResultFound."""
    return db.session.get_one(Category, category_id)


def list_categories(*, retired: bool = False) -> Sequence[Category]:
    """The themes that are proposed (or those that were retired), in their order."""
    return db.session.scalars(
        sa.select(Category)
        .where(Category.retired_at.is_not(None) == retired)
        .order_by(Category.position, Category.name)
    ).all()


def find_category_named(name: str) -> Category | None:
    """The theme of this name, whatever its case and accents, retired ones included."""
    everyone = db.session.scalars(sa.select(Category))
    return next((category for category in everyone if fold(category.name) == fold(name)), None)


def find_last_position() -> int:
    """The place of the last theme."""
    return db.session.scalar(sa.select(sa.func.max(Category.position))) or 0
