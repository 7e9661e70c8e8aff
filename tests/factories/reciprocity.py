"""Members with accounts in the register of the ASCS, and exchanges between them."""

from __future__ import annotations

import uuid
from datetime import date
from functools import partial

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.permissions import Actor
from app.reciprocity.commands.exchanges import Exchange, record_exchange
from app.reciprocity.commands.members import MemberSheet, join_member
from app.reciprocity.commands.offers import OfferSheet, publish_offer
from app.reciprocity.models import OfferKind
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.members import find_member_of
from tests.factories.cast import Cast

NAMES = ("Bernadette", "Yann", "Fatima", "Michel", "Awa", "Lucette")


def join(cast: Cast, *names: str, who: str = "alice") -> dict[str, int]:
    """Members of the organisation of `who`, in its Bulle for the ASCS: name → account number."""
    actor = cast.actor(who)
    bulle_id = cast.bulle.id if actor.tenant_id == cast.bulle.porteur_id else None
    with tenant_context(actor.tenant_id):
        accounts = {
            name: join_member(actor, MemberSheet(name, bulle_id)).account_no
            for name in names or NAMES
        }
        db.session.commit()
    return accounts


def exchange(
    cast: Cast,
    giver: int,
    receiver: int,
    minutes: int,
    *,
    who: str = "alice",
    on: date | None = None,
    wording: str = "",
) -> uuid.UUID:
    """Note an exchange, committed; its id."""
    actor = cast.actor(who)
    transfer_id = new_id()
    with tenant_context(actor.tenant_id):
        record_exchange(
            actor,
            Exchange(transfer_id, giver, receiver, minutes, on or today(), wording=wording),
        )
        db.session.commit()
    return transfer_id


def noting(actor: Actor, giver: int, receiver: int) -> partial[str]:
    """What notes ten minutes of today between two accounts, for whoever acts at once with others."""
    help_ = Exchange(new_id(), giver=giver, receiver=receiver, minutes=10, happened_on=today())
    return partial(record_exchange, actor, help_)


def publish(
    cast: Cast,
    account_no: int,
    title: str,
    kind: OfferKind = OfferKind.OFFER,
    *,
    who: str = "alice",
    theme: int = 0,
    text: str = "",
    expires_on: date | None = None,
) -> uuid.UUID:
    """A notice of a member, under the theme of this rank, committed; its id."""
    actor = cast.actor(who)
    with tenant_context(actor.tenant_id):
        member = find_member_of(account_no)
        assert member
        category_id = list_categories()[theme].id
        sheet = OfferSheet(kind, category_id, title, text, expires_on=expires_on)
        offer_id = publish_offer(actor, member.id, sheet).id
        db.session.commit()
    return offer_id
