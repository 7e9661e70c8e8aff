"""The rules of the hours, as they were written one after the other."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.reciprocity.models import Account, AccountKind, BulleTerms


def list_terms() -> Sequence[BulleTerms]:
    """Every version of the rules, of the organisation and of its Bulles, the latest first."""
    return db.session.scalars(
        sa.select(BulleTerms)
        .where(BulleTerms.tenant_id == require_tenant_id())
        .order_by(BulleTerms.since_at.desc(), BulleTerms.id.desc())
    ).all()


def list_bulles_without_terms() -> Sequence[uuid.UUID | None]:
    """The Bulles of members, where the organisation's own rules hold."""
    own = sa.select(BulleTerms.bulle_id).where(
        BulleTerms.tenant_id == require_tenant_id(), BulleTerms.bulle_id.is_not(None)
    )
    return db.session.scalars(
        sa.select(Account.bulle_id)
        .where(
            Account.tenant_id == require_tenant_id(),
            Account.kind == AccountKind.MEMBER.value,
            Account.bulle_id.is_not(None),
            Account.bulle_id.not_in(own),
        )
        .distinct()
        .order_by(Account.bulle_id)
    ).all()
