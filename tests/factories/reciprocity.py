"""Members with accounts in the register of the ASCS, and exchanges between them."""

from __future__ import annotations

import uuid
from datetime import date

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.exchanges import Exchange, record_exchange
from app.reciprocity.commands.members import MemberSheet, join_member
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
