"""A member's own new e-mail address: nothing goes there before the letter sent to it is answered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken

from app.core.audit import record
from app.core.clock import now
from app.core.crypto import open_json, seal_json
from app.reciprocity import emails
from app.reciprocity.commands.links import LinkRefused
from app.reciprocity.models import Member
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.members import get_member

ANSWERED_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class NewAddress:
    """What the letter to a new address says: whose it is to be."""

    member: Member
    email: str

    @property
    def is_theirs(self) -> bool:
        """Whether it is written on their sheet."""
        return self.member.email == self.email


def ask_address(member: Member, email: str) -> None:
    """Write to an address (normalised) that a member gave; answered, it replaces the one of now."""
    until = now() + ANSWERED_WITHIN
    emails.ask_address(email, seal_address(member, email, until), until)


def seal_address(member: Member, email: str, until: datetime) -> str:
    """What the letter carries: good while the member's address is that of now."""
    asked = {
        "member": str(member.id),
        "email": email,
        "instead_of": member.email,
        "until": until.isoformat(),
    }
    return seal_json(asked)


def read_address(sealed: str, *, lock: bool = False) -> NewAddress:
    """What a letter asks. LinkRefused: cut short, too old, or the address was changed otherwise since."""
    try:
        asked = open_json(sealed)
    except InvalidToken as error:
        raise LinkRefused("Ce lien est incomplet. Ouvrez-le depuis l’e-mail reçu.") from error
    member = get_member(uuid.UUID(asked["member"]), lock=lock)
    address = NewAddress(member, asked["email"])
    is_late = now() > datetime.fromisoformat(asked["until"])
    is_due = not is_late and member.email == asked["instead_of"]
    if member.left_on or member.erased_at or not (is_due or address.is_theirs):
        raise LinkRefused("Ce lien ne marche plus. Votre adresse n’a pas changé.")
    return address


def confirm_address(sealed: str) -> Member:
    """Write the new address on the sheet, once, and tell the old one. LinkRefused: see read_address."""
    address = read_address(sealed, lock=True)
    member = address.member
    if not address.is_theirs:
        old = member.email
        member.reach(address.email, member.phone)
        tell_change(member, old)
        actor = MemberActor(
            member.tenant_id, member.name, member_id=member.id, account_no=member.account_no
        )
        record(actor, "member.updated", member)
    return member


def tell_change(member: Member, old: str | None) -> None:
    """Tell an old address that it is no longer a member's, if it was changed."""
    if old and old != member.email:
        emails.tell_address_changed(old, member)
