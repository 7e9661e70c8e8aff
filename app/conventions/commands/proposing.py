"""Proposing: letters to the parties, their answers, and what each party is told afterwards."""

from __future__ import annotations

import secrets
import uuid
from datetime import date

from app.conventions import emails, policies
from app.conventions.commands.life import take, void_round
from app.conventions.documents import resolve
from app.conventions.models import (
    TRANSITIONS,
    Convention,
    Party,
    ReceivedConvention,
    Round,
    State,
)
from app.conventions.models.blocks import canonical_sha256
from app.conventions.queries import (
    find_received,
    get_convention,
    get_received,
    list_over,
)
from app.core.audit import record
from app.core.clock import now
from app.core.db import db
from app.core.deliveries import Delivery, deliver, find_latest_letter, get_letter, withdraw
from app.core.errors import DomainError
from app.core.jobs import later
from app.core.permissions import Actor, authorize
from app.core.text import fold, join_names

PROPOSAL, ANSWER, STATUS = "conventions.proposal", "conventions.answer", "conventions.status"
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def propose_convention(actor: Actor, convention_id: uuid.UUID) -> Convention:
    """Freeze the text of a new round and deliver it to every party that has a workspace."""
    convention = get_convention(convention_id, lock=True)
    authorize(policies.can_take(actor, TRANSITIONS["propose"]))
    take(actor, convention, "propose")
    round_ = _new_round(actor, convention)
    for party in _partners(convention):
        letter = {"text": round_.text, "proposed_by": actor.name}
        deliver(
            _tenant_of(party), PROPOSAL, convention.id, letter,
            version=round_.number, document_sha256=round_.text_sha256,
        )  # fmt: skip
    _approve_if_agreed(convention)
    return convention


def _new_round(actor: Actor, convention: Convention) -> Round:
    number = len(convention.rounds) + 1
    text = resolve(convention, number)
    round_ = Round(
        number=number,
        text=text,
        text_sha256=canonical_sha256(text),
        code="".join(secrets.choice(CODE_LETTERS) for _ in range(20)),
        proposed_by=actor.name,
        acts=[],
    )
    convention.rounds.append(round_)
    db.session.flush()
    return round_


def withdraw_proposal(actor: Actor, convention_id: uuid.UUID) -> Convention:
    """Take the proposal back before everyone has agreed."""
    convention = get_convention(convention_id, lock=True)
    authorize(policies.can_take(actor, TRANSITIONS["withdraw"]))
    take(actor, convention, "withdraw")
    void_round(convention, "Proposition reprise")
    withdraw(PROPOSAL, convention.id)
    tell_partners(convention)
    return convention


def reopen_convention(actor: Actor, convention_id: uuid.UUID, reason: str) -> Convention:
    """Change the text after all: signatures already given no longer count, the next round starts anew."""
    convention = get_convention(convention_id, lock=True)
    authorize(policies.can_take(actor, TRANSITIONS["reopen"]))
    signed = [act for act in convention.open_round.acts if act.kind == "signed"]
    take(actor, convention, "reopen", reason=reason)
    _leave_round(convention, reason)
    emails.tell_voided(convention, [act.signatory_id for act in signed], reason)
    return convention


def cancel_convention(actor: Actor, convention_id: uuid.UUID, reason: str) -> Convention:
    """Give up a convention before it is in force; it stays readable."""
    convention = get_convention(convention_id, lock=True)
    authorize(policies.can_take(actor, TRANSITIONS["cancel"]))
    has_round = convention.state != State.DRAFT
    take(actor, convention, "cancel", reason=reason)
    if has_round:
        _leave_round(convention, reason)
    else:
        tell_partners(convention)
    return convention


def terminate_convention(actor: Actor, convention_id: uuid.UUID, reason: str) -> Convention:
    """End a convention in force before its last day."""
    convention = get_convention(convention_id, lock=True)
    authorize(policies.can_take(actor, TRANSITIONS["terminate"]))
    take(actor, convention, "terminate", reason=reason)
    tell_partners(convention)
    return convention


def expire_conventions() -> None:
    """Mark what has run out, and tell the parties."""
    for convention_id in list_over():
        convention = get_convention(convention_id, lock=True)
        if not convention.obstacles(TRANSITIONS["expire"]):
            take(None, convention, "expire")
            tell_partners(convention)


def refuse_round(actor: Actor, convention: Convention, reason: str) -> None:
    """A signatory refused: the round is over, the text is a draft again."""
    take(actor, convention, "refuse", reason=reason)
    _leave_round(convention, f"{actor.name} a refusé de signer : {reason}")


def _leave_round(convention: Convention, reason: str) -> None:
    void_round(convention, reason)
    withdraw(PROPOSAL, convention.id)
    tell_partners(convention)


def answer_proposal(
    actor: Actor, received_id: uuid.UUID, answer: str, comment: str = ""
) -> ReceivedConvention:
    """Agree to a received proposal (`agree`), or ask for a change (`change`, with a comment)."""
    received = get_received(received_id, lock=True)
    authorize(policies.can_answer(actor))
    if not received.awaits_answer:
        raise DomainError("Cette proposition n’attend plus de réponse.")
    if answer == "change" and not comment.strip():
        raise DomainError("Dites ce qu’il faut changer.")
    received.answer, received.answered_at = answer, now()
    letter = {"answer": answer, "comment": comment.strip(), "by": actor.name}
    deliver(
        received.origin_id, ANSWER, received.convention_id, letter, version=received.round_number
    )
    record(actor, "convention.answered", received, answer=answer)
    return received


def receive_proposal(delivery_id: uuid.UUID) -> None:
    """In the reader's space: a proposal arrived; know the convention by it."""
    letter = get_letter(delivery_id)
    received = find_received(letter.sender_id, letter.subject_id)
    if letter.withdrawn_at or (received and received.round_number >= letter.version):
        return
    if received is None:
        received = ReceivedConvention(
            origin_id=letter.sender_id, convention_id=letter.subject_id, status_version=0
        )
        db.session.add(received)
    _copy_text(received, letter)
    received.state = State.PROPOSED.value
    received.answer = received.answered_at = None
    db.session.flush()
    _catch_up(received, letter)
    emails.announce_proposal(received, letter.payload["proposed_by"])


def _copy_text(received: ReceivedConvention, letter: Delivery) -> None:
    text = letter.payload["text"]
    names = [p["name"] for p in text["parties"] if p["tenant_id"] != str(letter.tenant_id)]
    received.proposal_id, received.round_number = letter.id, letter.version
    received.number, received.title = text["number"], text["title"]
    received.partners_label = join_names(names)
    received.search_key = fold(f"{text['number']} {text['title']} {received.partners_label}")
    received.starts_on = date.fromisoformat(text["starts_on"])
    received.ends_on = date.fromisoformat(text["ends_on"])
    received.changed_at = now()


def receive_answer(delivery_id: uuid.UUID) -> None:
    """In the proposer's space: a party answered. An answer about a text that is no longer proposed is
    kept as a letter and changes nothing."""
    letter = get_letter(delivery_id)
    convention = get_convention(letter.subject_id, lock=True)
    party = next((p for p in convention.parties if p.party_tenant_id == letter.sender_id), None)
    current = convention.round
    if party is None or current is None or current.number != letter.version:
        return
    if convention.state != State.PROPOSED or party.answer:
        return
    party.answer, party.comment = letter.payload["answer"], letter.payload["comment"]
    party.answered_by, party.answered_at = letter.payload["by"], letter.delivered_at
    answerer = Actor(convention.tenant_id, f"{letter.payload['by']} ({party.name})")
    record(answerer, "convention.answered", convention, answer=party.answer)
    if party.answer == "change":
        _take_change(answerer, convention, party)
    _approve_if_agreed(convention)


def _take_change(answerer: Actor, convention: Convention, party: Party) -> None:
    comment = party.comment
    take(answerer, convention, "request_change", reason=comment)
    _leave_round(convention, f"{party.name} demande un changement : {comment}")
    emails.announce_change(convention, party.name, comment)


def receive_status(delivery_id: uuid.UUID) -> None:
    """In a party's space: how far the convention is. Letters may arrive out of order: the latest wins."""
    letter = get_letter(delivery_id)
    received = find_received(letter.sender_id, letter.subject_id)
    if received and received.status_version < letter.version:
        _copy_status(received, letter)


def _catch_up(received: ReceivedConvention, proposal: Delivery) -> None:
    # Jobs run in any order: a later status may have come before the proposal it follows.
    status = find_latest_letter(STATUS, proposal.sender_id, proposal.subject_id)
    if status and status.delivered_at > proposal.delivered_at:
        _copy_status(received, status)


def _copy_status(received: ReceivedConvention, letter: Delivery) -> None:
    received.status_version = letter.version
    received.state = letter.payload["state"]
    received.sealed_sha256 = letter.payload["sealed_sha256"]
    received.evidence_sha256 = letter.payload["evidence_sha256"]
    received.changed_at = letter.delivered_at


def _approve_if_agreed(convention: Convention) -> None:
    if convention.state != State.PROPOSED or convention.awaited_answers():
        return
    take(None, convention, "approve")
    tell_partners(convention)
    later("conventions.freeze_document", round_id=convention.open_round.id)


def tell_partners(convention: Convention) -> None:
    """Tell every party that has a workspace how far the convention is."""
    db.session.flush()
    round_ = convention.round
    status = {
        "state": convention.state,
        "reason": convention.steps[-1].reason if convention.steps else "",
        "sealed_sha256": round_.sealed_sha256 if round_ else None,
        "evidence_sha256": round_.evidence_sha256 if round_ else None,
        "next_signatory": _next_name(convention),
        "signed": [a.signer_name for a in round_.acts if a.kind == "signed"] if round_ else [],
    }
    for party in _partners(convention):
        version = convention.lock_version
        deliver(_tenant_of(party), STATUS, convention.id, status, version=version)


def _next_name(convention: Convention) -> str | None:
    if convention.state != State.SIGNING:
        return None
    done = {act.signatory_id for act in convention.open_round.acts}
    return next((s.name for s in convention.signatories if s.id not in done), None)


def _partners(convention: Convention) -> list[Party]:
    return [party for party in convention.parties if party.is_partner_tenant]


def _tenant_of(party: Party) -> uuid.UUID:
    assert party.party_tenant_id is not None  # noqa: S101 is_partner_tenant says so
    return party.party_tenant_id
