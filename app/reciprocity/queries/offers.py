"""Offers and requests: found, listed, matched with people."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from app.core.clock import today
from app.core.db import db, require_tenant_id
from app.core.text import fold
from app.reciprocity.models import Member, Offer, OfferKind
from app.reciprocity.models.matching import (
    GIVERS,
    RECEIVERS,
    Candidate,
    Notice,
    Proposal,
    compare,
    rank,
)
from app.reciprocity.queries.accounts import find_terms
from app.reciprocity.queries.members import list_totals

SOON = timedelta(days=14)
"""How long before its end a notice is said to end."""
STATES = {"bientot": "Bientôt finies", "finies": "Finies ou retirées"}
"""What the list is filtered by, besides the notices that are shown."""


@dataclass(frozen=True)
class OfferFilter:
    """What a list of notices keeps. `kind`: one of OfferKind. `state`: one of STATES, else what is shown."""

    q: str = ""
    kind: str = ""
    category_id: uuid.UUID | None = None
    bulle_id: uuid.UUID | None = None
    state: str = ""


def get_offer(offer_id: uuid.UUID, *, lock: bool = False) -> Offer:
    """A notice of the organisation with its member and theme, or NoResultFound."""
    statement = _offers().where(Offer.id == offer_id)
    if lock:
        statement = statement.with_for_update(of=Offer).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


def find_offer(offer_id: uuid.UUID) -> Offer | None:
    """A notice of the organisation, or None."""
    return db.session.scalar(_offers().where(Offer.id == offer_id))


def list_offers(wanted: OfferFilter, sort: str = "-date") -> sa.Select[Offer]:
    """The notices, searched in their words and by name.

    Sorted by `titre`, `membre`, `date` or `fin`, with a `-` for the other way.
    """
    statement = _offers().where(_in_state(wanted.state))
    if wanted.q:
        words = fold(wanted.q)
        statement = statement.where(
            Offer.search_key.contains(words, autoescape=True)
            | Member.sort_key.contains(words, autoescape=True)
        )
    if wanted.kind:
        statement = statement.where(Offer.kind == wanted.kind)
    if wanted.category_id:
        statement = statement.where(Offer.category_id == wanted.category_id)
    if wanted.bulle_id:
        statement = statement.where(Member.bulle_id == wanted.bulle_id)
    columns = {"titre": Offer.search_key, "membre": Member.sort_key, "fin": Offer.expires_on}
    column: Any = columns.get(sort.removeprefix("-"), Offer.published_at)
    order = column.desc() if sort.startswith("-") else column
    return statement.order_by(order, Offer.id)


def list_member_offers(member_id: uuid.UUID, *, ended: bool = False) -> Sequence[Offer]:
    """What a member offers and asks for now (or did), newest first."""
    standing = _shown()
    return db.session.scalars(
        _offers()
        .where(Offer.member_id == member_id, ~standing if ended else standing)
        .order_by(Offer.published_at.desc(), Offer.id)
    ).all()


def list_ending_offers() -> Sequence[Offer]:
    """The notices that end soon, and those that have just ended; first to end first."""
    return db.session.scalars(
        _offers()
        .where(
            Offer.closed_at.is_(None),
            Offer.expires_on.between(today() - SOON, today() + SOON),
            *_present(),
        )
        .order_by(Offer.expires_on, Offer.id)
    ).all()


def list_unreminded_offers() -> Sequence[Offer]:
    """The notices that end soon and whose members were not told, locked for who tells them."""
    return db.session.scalars(
        _offers()
        .where(
            Offer.closed_at.is_(None),
            Offer.expires_on.between(today(), today() + SOON),
            Offer.reminded_at.is_(None),
            *_present(),
        )
        .order_by(Offer.member_id, Offer.expires_on, Offer.id)
        .with_for_update(of=Offer)
    ).all()


def propose_people(offer: Offer, limit: int = 5) -> list[Proposal]:
    """Who could help with a request, or enjoy an offer, best first, each with its reason."""
    looked_for = OfferKind.OFFER if offer.kind == OfferKind.REQUEST else OfferKind.REQUEST
    side = GIVERS if looked_for == OfferKind.OFFER else RECEIVERS
    notice = Notice(offer.title, offer.text, offer.category_id)
    found = (compare(notice, candidate, side) for candidate in _candidates(offer, looked_for))
    matches = [match for match in found if match]
    totals = list_totals(match.candidate.account_no for match in matches)
    terms = find_terms(offer.member.bulle_id)
    far = terms.gentle_high if side is GIVERS else -terms.gentle_low
    return rank(matches, totals, side, far)[:limit]


def _candidates(offer: Offer, looked_for: OfferKind) -> list[Candidate]:
    """Everyone but who asks, with what they offer (or ask for): one statement."""
    shown = (Offer.closed_at.is_(None)) & (Offer.expires_on >= today())
    rows = db.session.execute(
        sa.select(Member, Offer.title, Offer.text, Offer.category_id)
        .outerjoin(
            Offer,
            (Offer.tenant_id == Member.tenant_id)
            & (Offer.member_id == Member.id)
            & (Offer.kind == looked_for.value)
            & shown,
        )
        .where(
            Member.tenant_id == require_tenant_id(),
            Member.id != offer.member_id,
            *_present(),
            Offer.id.is_not(None) | (sa.func.cardinality(Member.interests) > 0),
        )
        .order_by(Member.account_no, Offer.published_at.desc())
    )
    notices: dict[Member, list[Notice]] = {}
    for member, title, text, category_id in rows:
        own = notices.setdefault(member, [])
        if title is not None:
            own.append(Notice(title, text, category_id))
    return [
        Candidate(member.id, member.account_no, member.name, member.interests, own)
        for member, own in notices.items()
    ]


def _offers() -> sa.Select[Offer]:
    return (
        sa.select(Offer)
        .join(Offer.member)
        .where(Offer.tenant_id == require_tenant_id())
        .options(contains_eager(Offer.member), joinedload(Offer.category))
    )


def _in_state(state: str) -> sa.ColumnElement[bool]:
    if state == "finies":
        return ~_shown() & Member.erased_at.is_(None)
    if state == "bientot":
        return _shown() & (Offer.expires_on <= today() + SOON)
    return _shown()


def _shown() -> sa.ColumnElement[bool]:
    return sa.and_(Offer.closed_at.is_(None), Offer.expires_on >= today(), *_present())


def _present() -> tuple[sa.ColumnElement[bool], ...]:
    return (Member.left_on.is_(None), Member.erased_at.is_(None))
