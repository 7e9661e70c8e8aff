"""A member's own space, opened by a personal link: asked for, sent, printed, closed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from app.core.audit import record
from app.core.clock import now
from app.core.crypto import seal_json
from app.core.db import db
from app.core.errors import DomainError
from app.core.jobs import later
from app.core.permissions import Actor, authorize
from app.reciprocity import emails, policies
from app.reciprocity.models import Account, Member, MemberLink, Transfer
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.links import get_link, list_live_links, list_reached_by
from app.reciprocity.queries.members import find_member_of, get_member

FRESH = timedelta(days=30)
"""A link that lasts this long is sent again rather than another made."""


class LinkRefused(DomainError):
    """The link is not, or no longer, the way into a space."""


@dataclass(frozen=True)
class Space:
    """What a personal link opens."""

    member: Member
    link: MemberLink
    account: Account

    @property
    def actor(self) -> MemberActor:
        """The member, acting for themselves."""
        return MemberActor(
            self.member.tenant_id,
            self.member.name,
            member_id=self.member.id,
            account_no=self.member.account_no,
        )


def open_space(link_id: uuid.UUID, token: str) -> Space:
    """What a personal link opens, or LinkRefused with what to do."""
    link = get_link(link_id)
    if not link.opens_with(token):
        raise LinkRefused("Ce lien est incomplet. Ouvrez-le depuis l’e-mail que vous avez reçu.")
    member = get_member(link.member_id)
    if not link.is_live or member.left_on or member.erased_at:
        raise LinkRefused("Ce lien ne marche plus.")
    link.opened_at = link.opened_at or now()
    return Space(member, link, get_account(member.account_no))


def ask_link(email: str) -> None:
    """Answer in the same time whether or not the address is known: a job looks for it (ASVS 6.3.8)."""
    later("reciprocity.send_space_links", sealed=seal_json({"email": email}))


def send_asked_links(email: str) -> None:
    """Send their link to whoever an address belongs to; nothing happens when it is nobody's."""
    for member in list_reached_by(email):
        emails.send_space_link(member, link_of(member))


def send_link(actor: Actor, member_id: uuid.UUID) -> MemberLink:
    """Send a member the link to their space. DomainError: they have no address."""
    member = get_member(member_id, lock=True)
    authorize(policies.can_record(actor))
    if not member.email:
        raise DomainError(
            f"{member.name} n’a pas d’adresse e-mail. Imprimez son lien, ou ajoutez une adresse."
        )
    link = link_of(member)
    emails.send_space_link(member, link)
    record(actor, "member.link_sent", member)
    return link


def print_link(actor: Actor, member_id: uuid.UUID) -> MemberLink:
    """The link of a member, to be handed over on paper."""
    member = get_member(member_id, lock=True)
    authorize(policies.can_record(actor))
    link = link_of(member)
    record(actor, "member.link_printed", member)
    return link


def revoke_links(actor: Actor, member_id: uuid.UUID) -> int:
    """Close every link of a member; how many there were."""
    member = get_member(member_id, lock=True)
    authorize(policies.can_record(actor))
    links = list_live_links(member.id)
    for link in links:
        link.revoked_at = now()
    if links:
        record(actor, "member.links_revoked", member)
    return len(links)


def tell_correction(actor: MemberActor, transfer: Transfer, sentence: str) -> None:
    """Write to the other person of an exchange that it was corrected, when they can be written to."""
    other = transfer.debit if transfer.credit == actor.account_no else transfer.credit
    member = find_member_of(other or 0)
    if member and member.email and not (member.left_on or member.erased_at):
        emails.tell_correction(member, link_of(member), transfer, actor.name, sentence)


def link_of(member: Member) -> MemberLink:
    """A link of the member that will open for a while, made if need be. DomainError: they have left."""
    if member.left_on or member.erased_at:
        raise DomainError("Cette personne est partie : son espace est fermé.")
    links = list_live_links(member.id, until=now() + FRESH)
    return links[0] if links else _new_link(member)


def _new_link(member: Member) -> MemberLink:
    link = MemberLink(member_id=member.id)
    db.session.add(link)
    db.session.flush()
    return link
