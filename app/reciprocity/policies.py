"""Who may do what to the hours. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.core.permissions import Actor

STAFF = ("administrator", "editor", "facilitator")


@dataclass(frozen=True)
class MemberActor(Actor):
    """A member in their own space: no account of the installation, one account of the ledger."""

    member_id: uuid.UUID | None = None
    account_no: int = 0


@dataclass(frozen=True)
class TokenActor(Actor):
    """A program, by a key of the organisation; it writes when it has the role `writer`."""

    token_id: uuid.UUID | None = None


def can_read(actor: Actor) -> bool:
    """See the members, their exchanges and the Bulle's page: anyone of the organisation."""
    return actor.has_role(*STAFF, "reader")


def can_record(actor: Actor) -> bool:
    """Write for members: exchanges, cheques, sheets, offers. Each act says who acted for them."""
    return actor.has_role(*STAFF) or (isinstance(actor, TokenActor) and actor.has_role("writer"))


def can_see_contacts(actor: Actor) -> bool:
    """Read how to reach members: those who write to them and act for them."""
    return actor.has_role(*STAFF)


def can_act_for(actor: Actor, account_no: int) -> bool:
    """Give, answer and correct for the holder of this account: themselves, or the team for them."""
    if isinstance(actor, MemberActor):
        return actor.account_no == account_no
    return can_record(actor)


def can_manage(actor: Actor) -> bool:
    """Change limits and rules, close accounts, erase people, agree with other organisations, give keys."""
    return actor.has_role("administrator")


def can_manage_categories(actor: Actor) -> bool:
    """Add and retire the network's own themes."""
    return actor.is_network and actor.has_role("administrator", "editor")
