"""The rules of the hours, as they were written one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.reciprocity.models import BulleTerms


def list_terms() -> Sequence[BulleTerms]:
    """Every version of the rules, of the organisation and of its Bulles, the latest first."""
    return db.session.scalars(
        sa.select(BulleTerms)
        .where(BulleTerms.tenant_id == require_tenant_id())
        .order_by(BulleTerms.since_at.desc(), BulleTerms.id.desc())
    ).all()
