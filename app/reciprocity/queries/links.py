"""Personal links, and whom an e-mail address belongs to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core.clock import now
from app.core.crypto import digest, normalise_email
from app.core.db import db, get_owned, require_tenant_id
from app.reciprocity.models import Member, MemberLink


def get_link(link_id: uuid.UUID) -> MemberLink:
    """A personal link of the organisation, or NoResultFound."""
    return get_owned(MemberLink, link_id)


def list_live_links(member_id: uuid.UUID, *, until: datetime | None = None) -> Sequence[MemberLink]:
    """The links of a member that still open, and will at `until`; the one that lasts longest first."""
    return db.session.scalars(
        sa.select(MemberLink)
        .where(
            MemberLink.tenant_id == require_tenant_id(),
            MemberLink.member_id == member_id,
            MemberLink.revoked_at.is_(None),
            MemberLink.expires_at > (until or now()),
        )
        .order_by(MemberLink.expires_at.desc(), MemberLink.id)
    ).all()


def list_reached_by(email: str) -> Sequence[Member]:
    """The members of the organisation that an address belongs to: a couple may share one."""
    return db.session.scalars(
        sa.select(Member)
        .where(
            Member.tenant_id == require_tenant_id(),
            Member.email_digest == digest(normalise_email(email)),
            Member.left_on.is_(None),
            Member.erased_at.is_(None),
        )
        .order_by(Member.account_no)
    ).all()
