"""Offers and requests: published, changed, renewed, closed, reminded of before their end."""

from __future__ import annotations

import uuid
from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from app.core.audit import record
from app.core.clock import now, today
from app.core.db import db, new_id
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, authorize
from app.core.text import fold
from app.reciprocity import emails, policies
from app.reciprocity.commands.links import link_of
from app.reciprocity.models import Member, Offer, OfferKind
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.categories import get_category
from app.reciprocity.queries.members import get_member
from app.reciprocity.queries.offers import find_offer, get_offer, list_unreminded_offers

LASTS = 6
"""Months that a notice is shown for, unless its author says otherwise."""
LONGEST_SHOWN = 24
"""Months."""


@dataclass(frozen=True)
class OfferSheet:
    """What a notice says. `expires_on`: the last day it is shown; None for six months from today."""

    kind: OfferKind
    category_id: uuid.UUID
    title: str
    text: str = ""
    for_group: bool = False
    expires_on: date | None = None


def publish_offer(
    actor: Actor,
    member_id: uuid.UUID,
    sheet: OfferSheet,
    *,
    offer_id: uuid.UUID | None = None,
    imported_key: str | None = None,
) -> Offer:
    """Show what a member offers or asks for; themselves, or the team for them, which the journal says.

    `offer_id` is made by whoever asks: sent twice, shown once. DomainError: no title, a retired theme, a day
    that is past, someone who left.
    """
    member = get_member(member_id, lock=True)  # a double waits here for the first, and finds it
    authorize(policies.can_act_for(actor, member.account_no))
    _refuse_gone(member)
    if offer_id and (known := find_offer(offer_id)):
        return _same(known, sheet)
    offer = Offer(id=offer_id or new_id(), member_id=member.id, imported_key=imported_key)
    _write(offer, sheet)
    db.session.add(offer)
    db.session.flush()
    record(actor, "offer.published", offer, **_on_behalf(actor, member))
    return get_offer(offer.id)


def update_offer(
    actor: Actor, offer_id: uuid.UUID, sheet: OfferSheet, *, version: int | None = None
) -> Offer:
    """Change a notice. StalePage when `version`, the one shown, is no longer the last."""
    offer = get_offer(offer_id, lock=True)
    authorize(policies.can_act_for(actor, offer.member.account_no))
    _refuse_gone(offer.member)
    if version not in (None, offer.version):
        raise StalePage
    _write(offer, sheet)
    record(actor, "offer.updated", offer, **_on_behalf(actor, offer.member))
    return offer


def renew_offers(actor: Actor, offer_ids: Collection[uuid.UUID]) -> int:
    """Show notices for six months from today; how many. Closed ones are left closed."""
    renewed = 0
    for offer_id in sorted(set(offer_ids)):
        offer = get_offer(offer_id, lock=True)
        authorize(policies.can_act_for(actor, offer.member.account_no))
        _refuse_gone(offer.member)
        if offer.closed_at is None:
            offer.expires_on, offer.reminded_at = months_after(today(), LASTS), None
            record(actor, "offer.renewed", offer, **_on_behalf(actor, offer.member))
            renewed += 1
    return renewed


def close_offer(actor: Actor, offer_id: uuid.UUID) -> Offer:
    """No longer show a notice."""
    offer = get_offer(offer_id, lock=True)
    authorize(policies.can_act_for(actor, offer.member.account_no))
    if offer.closed_at is None:
        offer.closed_at = now()
        record(actor, "offer.closed", offer, **_on_behalf(actor, offer.member))
    return offer


def reopen_offer(actor: Actor, offer_id: uuid.UUID) -> Offer:
    """Show a closed notice again, for six months if it has ended since."""
    offer = get_offer(offer_id, lock=True)
    authorize(policies.can_act_for(actor, offer.member.account_no))
    _refuse_gone(offer.member)
    if offer.closed_at is not None:
        offer.closed_at = None
        if offer.expires_on < today():
            offer.expires_on = months_after(today(), LASTS)
        record(actor, "offer.reopened", offer, **_on_behalf(actor, offer.member))
    return offer


def remind_offers() -> int:
    """Tell members that notices end soon, once, in one e-mail each; how many notices there were.

    Those of members without an address stand on the team's page.
    """
    offers = list_unreminded_offers()
    for member, theirs in groupby(offers, key=lambda offer: offer.member):
        ending = list(theirs)
        for offer in ending:
            offer.reminded_at = now()
        if member.email:
            emails.tell_ending_offers(member, link_of(member), ending)
    return len(offers)


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last one of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _write(offer: Offer, sheet: OfferSheet) -> None:
    title = " ".join(sheet.title.split())
    if not title:
        raise DomainError("Donnez un titre à l’annonce.")
    if get_category(sheet.category_id).retired_at and sheet.category_id != offer.category_id:
        raise DomainError("Ce thème n’est plus proposé. Choisissez-en un autre.")
    expires_on = sheet.expires_on or months_after(today(), LASTS)
    if expires_on != offer.expires_on:
        _check_end(expires_on)
        offer.reminded_at = None
    offer.kind, offer.category_id = sheet.kind.value, sheet.category_id
    offer.title, offer.text, offer.for_group = title, sheet.text.strip(), sheet.for_group
    offer.search_key = fold(f"{title} {sheet.text}")
    offer.expires_on = expires_on


def _check_end(day: date) -> None:
    if not today() <= day <= months_after(today(), LONGEST_SHOWN):
        raise DomainError("Choisissez un dernier jour entre aujourd’hui et dans deux ans.")


def _same(known: Offer, sheet: OfferSheet) -> Offer:
    if known.title != " ".join(sheet.title.split()):
        raise DomainError(
            f"Cette page a déjà servi à publier « {known.title} ». Rouvrez-la pour une autre annonce."
        )
    return known


def _refuse_gone(member: Member) -> None:
    if member.left_on is not None:
        raise DomainError("Cette personne est partie. Notez d’abord son retour.")


def _on_behalf(actor: Actor, member: Member) -> dict[str, str]:
    """For whom the team acts; nothing when members act for themselves."""
    return {} if isinstance(actor, MemberActor) else {"for": str(member.id)}
