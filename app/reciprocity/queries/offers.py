"""Offers and requests: found, listed, matched with people."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from app.core.clock import today
from app.core.db import among, db, require_tenant_id
from app.core.text import fold
from app.reciprocity.models import Member, Offer, OfferKind
from app.reciprocity.models.matching import (
    GIVERS,
    RECEIVERS,
    SAME_INTEREST,
    SAME_THEME,
    SAME_WORDS,
    Candidate,
    Notice,
    Proposal,
    compare,
    rank,
)
from app.reciprocity.models.words import stems
from app.reciprocity.queries.accounts import find_terms
from app.reciprocity.queries.members import AMONG, count_words, list_totals

SOON = timedelta(days=14)
"""How long before its end a notice is said to end."""
PROPOSED = 5
"""How many people are proposed for a notice."""
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


def count_silent_offers() -> int:
    """The notices that end soon, of members without an address: nobody writes to them."""
    ending = (
        sa.select(sa.func.count())
        .select_from(Offer)
        .join(Offer.member)
        .where(
            Offer.tenant_id == require_tenant_id(),
            Offer.closed_at.is_(None),
            Offer.expires_on.between(today(), today() + SOON),
            Member.email_digest.is_(None),
            *_present(),
        )
    )
    return db.session.scalar(ending) or 0


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


def propose_people(offer: Offer) -> list[Proposal]:
    """Who could help with a request, or enjoy an offer, best first, each with its reason."""
    looked_for = OfferKind.OFFER if offer.kind == OfferKind.REQUEST else OfferKind.REQUEST
    side = GIVERS if looked_for == OfferKind.OFFER else RECEIVERS
    notice = Notice(offer.title, offer.text, offer.category_id)
    found = (compare(notice, candidate, side) for candidate in _candidates(offer, looked_for))
    matches = [match for match in found if match]
    totals = list_totals(match.candidate.account_no for match in matches)
    terms = find_terms(offer.member.bulle_id)
    far = terms.gentle_high if side is GIVERS else -terms.gentle_low
    return rank(matches, totals, side, far)[:PROPOSED]


def _candidates(offer: Offer, looked_for: OfferKind) -> list[Candidate]:
    """Who seems to have most in common with a notice, AMONG at most, with what they offer (or ask for)."""
    standing = (
        Offer.tenant_id == require_tenant_id(),
        Offer.kind == looked_for.value,
        Offer.closed_at.is_(None),
        Offer.expires_on >= today(),
    )
    people = db.session.execute(_most_alike(offer, standing)).all()
    notices: dict[uuid.UUID, list[Notice]] = defaultdict(list)
    said = db.session.execute(
        sa.select(Offer.member_id, Offer.title, Offer.text, Offer.category_id)
        .where(*standing, among(Offer.member_id, (person.id for person in people)))
        .order_by(Offer.published_at.desc())
    )
    for member_id, title, text, category_id in said:
        notices[member_id].append(Notice(title, text, category_id))
    return [Candidate(*person, notices[person.id]) for person in people]


def _most_alike(
    offer: Offer, standing: Iterable[sa.ColumnElement[bool]]
) -> sa.Select[uuid.UUID, int, str, list[str]]:
    """Members by the points that `compare` will give, as far as search keys tell. Between equals chance
    decides, the same for the same notice: an early letter of the alphabet gives no advantage."""
    words = stems(f"{offer.title} {offer.text}")
    alike = count_words(Offer.search_key, words) > 0
    near = ~alike & (Offer.category_id == offer.category_id)
    noticed = (
        sa.select(
            Offer.member_id,
            (
                _points(sa.func.bool_or(alike), SAME_WORDS)
                + _points(sa.func.bool_or(near), SAME_THEME)
            ).label("points"),
        )
        .where(*standing, alike | near)
        .group_by(Offer.member_id)
        .subquery()
    )
    liked = count_words(Member.search_key, words) > 0
    points = sa.func.coalesce(noticed.c.points, 0) + _points(liked, SAME_INTEREST)
    chance = sa.func.md5(sa.cast(Member.id, sa.Text) + str(offer.id))
    return (
        sa.select(Member.id, Member.account_no, Member.name, Member.interests)
        .outerjoin(noticed, noticed.c.member_id == Member.id)
        .where(
            Member.tenant_id == require_tenant_id(),
            Member.id != offer.member_id,
            *_present(),
            points > 0,
        )
        .order_by(points.desc(), chance)
        .limit(AMONG)
    )


def _points(has: sa.ColumnElement[bool], points: int) -> sa.ColumnElement[int]:
    return sa.case((has, points), else_=0)


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
