"""Members: joining, changing, leaving, coming back, being erased."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from app.core.audit import record
from app.core.clock import now, today
from app.core.crypto import digest, normalise_email
from app.core.db import db, new_id, require_tenant_id
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.accounts import (
    give_welcome,
    open_account,
    open_ledger,
    restore_account,
    settle_account,
)
from app.reciprocity.commands.addresses import ask_address, tell_change
from app.reciprocity.commands.ledger import call, operator_of, take_turn
from app.reciprocity.commands.links import revoke_links
from app.reciprocity.models import AccountKind, Entry, ExchangeNote, Member, Offer, OperatorKind
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.accounts import find_terms, get_account
from app.reciprocity.queries.members import (
    find_member,
    find_operator_of,
    find_same_address,
    get_member,
)
from app.tenants.queries import list_run_bulles

ERASED = "Membre effacé"
ERASED_OFFER = "Annonce effacée"


@dataclass(frozen=True)
class MemberSheet:
    """What is known of a member. Only the name is needed.

    `shares_email`: someone else of the organisation has this address too, and that is right: a couple.
    """

    name: str
    bulle_id: uuid.UUID | None = None
    email: str = ""
    phone: str = ""
    interests: list[str] = field(default_factory=list)
    shows_contact: bool = False
    shares_email: bool = False


def join_member(
    actor: Actor,
    sheet: MemberSheet,
    *,
    member_id: uuid.UUID | None = None,
    imported_key: str | None = None,
) -> Member:
    """Welcome a member: their sheet, their account, their hours of welcome. Opens the register if need be.

    `member_id` is made by whoever asks: sent twice, the same person. DomainError: no name, an address that is
    someone else's, a Bulle that the organisation does not run.
    """
    authorize(policies.can_record(actor))
    name = _read_name(sheet)
    open_ledger(actor)
    take_turn("joining")  # two people welcomed at once: each sees the other's id and address
    if member_id and (known := find_member(member_id)):
        return _same(known, name)
    _check_bulle(sheet.bulle_id)
    _check_address(sheet, besides=None)
    account = open_account(actor, AccountKind.MEMBER, bulle_id=sheet.bulle_id)
    member = Member(
        id=member_id or new_id(),
        account_no=account.number,
        bulle_id=sheet.bulle_id,
        imported_key=imported_key,
    )
    _write(member, name, sheet)
    db.session.add(member)
    db.session.flush()
    record(actor, "member.joined", member)
    give_welcome(actor, member.bulle_id, [member.account_no])
    return member


def update_member(
    actor: Actor, member_id: uuid.UUID, sheet: MemberSheet, *, version: int | None = None
) -> Member:
    """Change a sheet; the team may for anyone, a member for themselves, their Bulle apart. A new address that
    a member gives waits, see addresses.ask_address; an old one is told that it was replaced.

    StalePage when `version`, the one shown, is no longer the last. DomainError: see join_member.
    """
    member = get_member(member_id, lock=True)
    authorize(policies.can_act_for(actor, member.account_no))
    _refuse_erased(member)
    if version not in (None, member.version):
        raise StalePage
    name = _read_name(sheet)
    _check_address(sheet, besides=member.id)
    old = member.email
    _write(member, name, _keep_address(member, sheet) if isinstance(actor, MemberActor) else sheet)
    tell_change(member, old)
    if sheet.bulle_id != member.bulle_id:
        _move(actor, member, sheet.bulle_id)
    record(actor, "member.updated", member)
    return member


def leave_member(actor: Actor, member_id: uuid.UUID) -> Member:
    """Someone leaves: their account is closed, see settle_account; their notices are no longer shown."""
    member = get_member(member_id, lock=True)
    authorize(policies.can_manage(actor))
    if member.left_on is None:
        _settle(actor, member)
        record(actor, "member.left", member)
    return member


def return_member(actor: Actor, member_id: uuid.UUID) -> Member:
    """Someone who had left is back, with their hours if it is soon, see restore_account.

    DomainError: they were erased.
    """
    member = get_member(member_id, lock=True)
    authorize(policies.can_manage(actor))
    _refuse_erased(member)
    if member.left_on is not None:
        restore_account(actor, member.account_no)
        member.left_on = None
        record(actor, "member.returned", member)
    return member


def erase_member(actor: Actor, member_id: uuid.UUID) -> Member:
    """Forget a person (GDPR, article 17) and keep the register whole: no entry, no head changes.

    Emptied: the name, how to reach them, their interests, what was said of their exchanges, their notices,
    their name as an author of postings, their links. Left: an account number, minutes, days, which are
    nobody's any more; the journal and what the register freezes (the words of a request, the reason of a
    correction or of a limit, the activity of an hour), which are proof of what the team did and cannot be
    changed by anyone (article 17.3 b and e): they are to be read by administrators only.
    """
    member = get_member(member_id, lock=True)
    authorize(policies.can_manage(actor))
    if member.erased_at is not None:
        return member
    if get_account(member.account_no).closed_at is None:
        # Someone who had left may come from a file, with an account still open.
        _settle(actor, member)
    _forget_words(member)
    if find_operator_of(OperatorKind.MEMBER, member.id):
        call("ledger_operator", p_kind="member", p_subject=member.id, p_name=ERASED)
    member.call(ERASED, [])
    member.reach(None, None)
    member.shows_contact, member.imported_key, member.erased_at = False, None, now()
    revoke_links(actor, member.id)
    record(actor, "member.erased", member)
    return member


def _read_name(sheet: MemberSheet) -> str:
    name = " ".join(sheet.name.split())
    if not name:
        raise DomainError("Comment s’appelle cette personne ?")
    return name


def _same(known: Member, name: str) -> Member:
    if known.name != name:
        raise DomainError(
            f"Cette page a déjà servi à inscrire {known.name}. Rouvrez-la pour inscrire {name}."
        )
    return known


def _check_bulle(bulle_id: uuid.UUID | None) -> None:
    if bulle_id and bulle_id not in {bulle.id for bulle in list_run_bulles(require_tenant_id())}:
        raise DomainError("Votre organisation ne porte pas cette Bulle. Choisissez-en une autre.")


def _check_address(sheet: MemberSheet, *, besides: uuid.UUID | None) -> None:
    if not sheet.email or sheet.shares_email:
        return
    other = find_same_address(digest(normalise_email(sheet.email)), besides)
    if other:
        raise DomainError(
            f"{other.name} a déjà cette adresse e-mail. Est-ce la même personne ? Ouvrez sa fiche."
            " Sinon, cochez que l’adresse sert à deux personnes."
        )


def _keep_address(member: Member, sheet: MemberSheet) -> MemberSheet:
    asked = normalise_email(sheet.email)
    if asked in ("", member.email):
        return sheet
    ask_address(member, asked)
    return replace(sheet, email=member.email or "")


def _write(member: Member, name: str, sheet: MemberSheet) -> None:
    member.call(name, sheet.interests)
    member.reach(sheet.email, sheet.phone)
    member.shows_contact = sheet.shows_contact


def _move(actor: Actor, member: Member, bulle_id: uuid.UUID | None) -> None:
    """Their account follows them, under the limits of the new Bulle unless it has its own."""
    authorize(policies.can_record(actor))
    _check_bulle(bulle_id)
    member.bulle_id = bulle_id
    call("ledger_move_to_bulle", p_account=member.account_no, p_bulle=bulle_id)
    if get_account(member.account_no).own_limits:
        return
    terms = find_terms(bulle_id)
    call(
        "ledger_set_limits",
        p_account=member.account_no,
        p_floor=terms.floor,
        p_ceiling=terms.ceiling,
        p_own=False,
        p_reason="Changement de Bulle",
        p_operator=operator_of(actor),
    )


def _settle(actor: Actor, member: Member) -> None:
    settle_account(actor, member.account_no)
    member.left_on = member.left_on or today()


def _forget_words(member: Member) -> None:
    tenant_id = require_tenant_id()
    theirs = sa.select(Entry.transfer_id).where(
        Entry.tenant_id == tenant_id, Entry.account_no == member.account_no
    )
    notes = sa.update(ExchangeNote).where(
        ExchangeNote.tenant_id == tenant_id, ExchangeNote.transfer_id.in_(theirs)
    )
    db.session.execute(notes.values(wording="", thanks=""))
    offers = sa.update(Offer).where(Offer.tenant_id == tenant_id, Offer.member_id == member.id)
    closed_at = sa.func.coalesce(Offer.closed_at, now())
    db.session.execute(
        offers.values(
            title=ERASED_OFFER, text="", search_key="", imported_key=None, closed_at=closed_at
        )
    )


def _refuse_erased(member: Member) -> None:
    if member.erased_at is not None:
        raise DomainError("Cette personne a été effacée. Inscrivez-la à nouveau.")
