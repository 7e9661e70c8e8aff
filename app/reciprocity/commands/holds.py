"""« J’ai donné » : someone says what they gave, and whoever received confirms."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time, timedelta

from app.core.clock import now
from app.core.errors import DomainError
from app.core.jobs import later
from app.core.permissions import Actor, authorize
from app.reciprocity import emails, policies
from app.reciprocity.commands.exchanges import describe_exchange
from app.reciprocity.commands.ledger import (
    SENTENCES,
    LedgerRefusal,
    call,
    derived_id,
    operator_of,
)
from app.reciprocity.commands.links import link_of
from app.reciprocity.models import Hold, Outcome
from app.reciprocity.models.holds import OUTCOME_LABELS
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.accounts import find_account_name
from app.reciprocity.queries.exchanges import find_note
from app.reciprocity.queries.holds import find_outcome, get_hold, list_asked, list_expired
from app.reciprocity.queries.members import find_member_of

WAITING = timedelta(days=14)
"""How long the minutes stay reserved."""
REMINDER = timedelta(days=7)
AT_ONCE = 10
"""Requests that one member may have waiting: each reserves other people's minutes."""


@dataclass(frozen=True)
class Request:
    """`giver` and `receiver` are account numbers. `id` is made by whoever asks: sent twice, asked once."""

    id: uuid.UUID
    giver: int
    receiver: int
    minutes: int
    happened_on: date
    wording: str = ""


def ask_confirmation(actor: Actor, asked: Request) -> str:
    """Ask the receiver to confirm what they received: `placed`, or `exists` when it was asked already.

    Their minutes are reserved for 14 days. LedgerRefusal: see ledger.SENTENCES.
    """
    authorize(policies.can_act_for(actor, asked.giver))
    waiting = [] if not isinstance(actor, MemberActor) else list_asked(asked.giver)
    if len(waiting) >= AT_ONCE and asked.id not in {hold.id for hold in waiting}:
        raise DomainError(
            f"{AT_ONCE} de vos demandes attendent déjà une réponse. Retirez-en une, ou attendez."
        )
    status: str = call(
        "ledger_place_hold",
        p_id=asked.id,
        p_debit=asked.receiver,
        p_credit=asked.giver,
        p_minutes=asked.minutes,
        p_on=asked.happened_on,
        p_wording=asked.wording,
        p_expires=now() + WAITING,
        p_operator=operator_of(actor),
    )
    if status == "placed":
        _write_to_receiver(asked.id, reminder=False)
        later("reciprocity.remind_request", due_at=now() + REMINDER, hold_id=asked.id)
    return status


def accept_request(actor: Actor, hold_id: uuid.UUID, starts: time | None = None) -> Hold:
    """Confirm: the exchange is noted, under the request's id. LedgerRefusal: it has another answer.

    `starts`: when it began; to be said when the giver has hours of another regime that day (needs_start).
    """
    hold = get_hold(hold_id)
    authorize(policies.can_act_for(actor, hold.debit))
    _settle(actor, hold, Outcome.ACCEPTED, starts)
    hold = get_hold(hold_id)
    if hold.wording and find_note(hold.id) is None:  # confirmed twice, it keeps what was said since
        describe_exchange(actor, hold.id, hold.wording)
    return hold


def needs_start(refusal: DomainError) -> bool:
    """Whether all that misses is when the exchange began."""
    return isinstance(refusal, LedgerRefusal) and refusal.code == "start_needed"


def decline_request(actor: Actor, hold_id: uuid.UUID) -> Hold:
    """Say that it is not right; no reason is asked. The minutes are free again."""
    hold = get_hold(hold_id)
    authorize(policies.can_act_for(actor, hold.debit))
    return _settle(actor, hold, Outcome.DECLINED)


def cancel_request(actor: Actor, hold_id: uuid.UUID) -> Hold:
    """Take one's own request back."""
    hold = get_hold(hold_id)
    authorize(policies.can_act_for(actor, hold.credit))
    return _settle(actor, hold, Outcome.CANCELLED)


def ask_again(actor: Actor, hold_id: uuid.UUID) -> str:
    """Undo a « no », or a request taken back: ask the same once more, see ask_confirmation. Sent twice, asked
    once. DomainError: nothing was refused."""
    hold, outcome = get_hold(hold_id), find_outcome(hold_id)
    authorize(policies.can_record(actor))
    if outcome is None or outcome.outcome not in (Outcome.DECLINED, Outcome.CANCELLED):
        raise DomainError("Cette demande n’a été ni refusée ni retirée.")
    same = Request(
        derived_id("again", hold.id),
        giver=hold.credit,
        receiver=hold.debit,
        minutes=hold.minutes,
        happened_on=hold.happened_on,
        wording=hold.wording,
    )
    return ask_confirmation(actor, same)


def remind_request(hold_id: uuid.UUID) -> None:
    """Halfway, write once more to whoever has not answered."""
    if find_outcome(hold_id) is None:
        _write_to_receiver(hold_id, reminder=True)


def expire_requests() -> None:
    """Give back the minutes of the requests that nobody answered in time."""
    expired = list_expired(now())
    _lock(expired)
    for hold in expired:
        with suppress(DomainError):  # answered while we were counting
            _settle(None, hold, Outcome.EXPIRED)


def _settle(actor: Actor | None, hold: Hold, outcome: Outcome, starts: time | None = None) -> Hold:
    hold_id, operator = hold.id, operator_of(actor)
    _lock([hold])
    try:
        call(
            "ledger_settle_hold",
            p_id=hold_id,
            p_outcome=outcome.value,
            p_operator=operator,
            p_starts=starts,
        )
    except LedgerRefusal as refusal:
        if refusal.code != "already_answered":
            raise
        raise DomainError(_tell_answer(Outcome(refusal.detail))) from refusal
    return get_hold(hold_id)


def _lock(holds: Sequence[Hold]) -> None:
    # The accounts before the answer, as whoever settles all that waits on an account does.
    numbers = [number for hold in holds for number in (hold.debit, hold.credit)]
    call("ledger_lock_accounts", p_accounts=numbers)


def _tell_answer(outcome: Outcome) -> str:
    if outcome == Outcome.EXPIRED:
        return SENTENCES["hold_expired"]
    return f"Quelqu’un a répondu avant vous : cet échange est {OUTCOME_LABELS[outcome]}."


def _write_to_receiver(hold_id: uuid.UUID, *, reminder: bool) -> None:
    """To whoever must answer, when they can be written to; the team sees the others on its list."""
    hold = get_hold(hold_id)
    member = find_member_of(hold.debit)
    if member and member.email and not (member.left_on or member.erased_at):
        giver = find_account_name(hold.credit)
        emails.ask_to_confirm(member, link_of(member), hold, giver, reminder=reminder)
