"""Members: joining, changing, leaving, coming back, being erased."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from app.core.audit import record
from app.core.db import db, new_id
from app.core.errors import DomainError
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.accounts import open_account, open_ledger
from app.reciprocity.commands.ledger import call, operator_of
from app.reciprocity.models import AccountKind, Member
from app.reciprocity.queries.accounts import find_terms


@dataclass(frozen=True)
class MemberSheet:
    """What is known of a member. Only the name is needed."""

    name: str
    bulle_id: uuid.UUID | None = None
    email: str = ""
    phone: str = ""
    interests: list[str] = field(default_factory=list)
    shows_contact: bool = False


def join_member(actor: Actor, sheet: MemberSheet, *, imported_key: str | None = None) -> Member:
    """Welcome a member: their sheet, their account, their hours of welcome. Opens the register if need be."""
    authorize(policies.can_record(actor))
    name = " ".join(sheet.name.split())
    if not name:
        raise DomainError("Comment s’appelle cette personne ?")
    open_ledger(actor)
    account = open_account(actor, AccountKind.MEMBER, bulle_id=sheet.bulle_id)
    member = Member(
        id=new_id(),
        account_no=account.number,
        bulle_id=sheet.bulle_id,
        shows_contact=sheet.shows_contact,
        imported_key=imported_key,
    )
    member.call(name, sheet.interests)
    member.reach(sheet.email, sheet.phone)
    db.session.add(member)
    db.session.flush()
    record(actor, "member.joined", member)
    welcome = find_terms(sheet.bulle_id).welcome
    if welcome:
        call(
            "ledger_post_welcome",
            p_credit=account.number,
            p_minutes=welcome,
            p_operator=operator_of(actor),
        )
    return member
