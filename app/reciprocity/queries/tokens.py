"""The keys with which programs act for the organisation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db, get_owned, require_tenant_id
from app.reciprocity.models import ApiToken


def find_token(secret: str) -> ApiToken | None:
    """The open key that has this secret, in the current organisation."""
    return db.session.scalar(
        sa.select(ApiToken).where(
            ApiToken.tenant_id == require_tenant_id(),
            ApiToken.digest == ApiToken.digest_of(secret),
            ApiToken.revoked_at.is_(None),
        )
    )


def get_token(token_id: uuid.UUID) -> ApiToken:
    """A key of the organisation, or NoResultFound."""
    return get_owned(ApiToken, token_id)


def list_tokens() -> Sequence[ApiToken]:
    """Every key, open ones first, newest first."""
    return db.session.scalars(
        sa.select(ApiToken)
        .where(ApiToken.tenant_id == require_tenant_id())
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.created_at.desc())
    ).all()
