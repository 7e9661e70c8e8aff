"""Noting exchanges, between two or several, and correcting them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from sqlalchemy.dialects.postgresql import insert

from app.core.clock import now
from app.core.db import db, require_tenant_id
from app.core.errors import DomainError
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.ledger import LedgerRefusal, call, derived_id, operator_of
from app.reciprocity.models import (
    BETWEEN_TWO,
    CORRECTABLE,
    REPLACEABLE,
    ExchangeNote,
    Transfer,
    TransferKind,
)
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.corrections import first_posted_at
from app.reciprocity.queries.exchanges import (
    find_note,
    find_reversal,
    find_transfer,
    get_transfer,
    list_legs,
)
from app.reciprocity.queries.hours import find_start

CORRECTION = timedelta(hours=72)
"""How long the two people of an exchange may correct it by themselves."""


@dataclass(frozen=True)
class Exchange:
    """`giver` and `receiver` are account numbers. `id` is made by whoever asks: sent twice, noted once."""

    id: uuid.UUID
    giver: int
    receiver: int
    minutes: int
    happened_on: date
    starts_at: time | None = None
    wording: str = ""
    category_id: uuid.UUID | None = None
    offer_id: uuid.UUID | None = None


def record_exchange(actor: Actor, exchange: Exchange) -> str:
    """Note that someone gave and someone received: `posted`, or `exists` when it was noted already.

    A member may note what they received; the team notes for anyone. LedgerRefusal: see ledger.SENTENCES.
    """
    authorize(policies.can_act_for(actor, exchange.receiver))
    return _post(actor, exchange)


def record_group(
    actor: Actor,
    transfer_id: uuid.UUID,
    shares: Mapping[int, int],
    happened_on: date,
    *,
    wording: str = "",
    starts_at: time | None = None,
    lasted: int | None = None,
) -> str:
    """Note an exchange between several: account number → minutes given (+) or received (-), summing to zero.

    `lasted`: minutes that the givers were at it, with `starts_at`. `posted` or `exists`; LedgerRefusal.
    """
    authorize(policies.can_record(actor))
    status: str = call(
        "ledger_post_group",
        p_id=transfer_id,
        p_accounts=list(shares),
        p_deltas=list(shares.values()),
        p_on=happened_on,
        p_operator=operator_of(actor),
        p_starts=starts_at,
        p_lasted=lasted,
    )
    if status == "posted" and wording:
        _tell(transfer_id, wording=wording)
    return status


def share_out(givers: Sequence[int], receivers: Sequence[int], minutes: int) -> dict[int, int]:
    """The shares of a gathering where everyone who receives gets `minutes`: what they receive in all is
    shared between the givers, the odd minutes going to the first ones. Sums to zero."""
    given = _split(minutes * len(receivers), givers)
    return given | dict.fromkeys(receivers, -minutes)


def share_in(givers: Sequence[int], receivers: Sequence[int], minutes: int) -> dict[int, int]:
    """The shares of a gathering where everyone who gives gave `minutes`: their time in all is shared between
    the receivers, the odd minutes going to the first ones. Sums to zero."""
    received = _split(minutes * len(givers), receivers)
    return dict.fromkeys(givers, minutes) | {who: -part for who, part in received.items()}


def reverse_transfer(actor: Actor, transfer_id: uuid.UUID, reason: str) -> uuid.UUID:
    """Undo a transfer by a linked one; the id of that one. Twice: the same one, nothing more is written.

    Its two people may for 72 hours, the team always. LedgerRefusal: it is a correction itself, it was
    replaced by another exchange, or it settled a departure, which only a return undoes.
    """
    transfer = get_transfer(transfer_id)
    authorize(may_correct(actor, transfer))
    if transfer.kind == TransferKind.SETTLEMENT:
        raise LedgerRefusal("reversal_by_return")
    return _reverse(actor, transfer, reason)


def refund_settlement(actor: Actor, settlement: Transfer) -> None:
    """Give back what a departure settled: part of a return, which looks first at what the fund still has."""
    authorize(policies.can_manage(actor))
    _reverse(actor, settlement, "Retour")


def correct_exchange(actor: Actor, transfer_id: uuid.UUID, exchange: Exchange, reason: str) -> str:
    """Undo an exchange and note what it should have been, in one act. Same rights as reverse_transfer; a
    member changes neither the people nor, when they gave, to more than the other agreed to."""
    transfer = get_transfer(transfer_id)
    authorize(may_correct(actor, transfer))
    if transfer.kind not in REPLACEABLE:
        raise DomainError(
            "Seul un échange entre deux personnes se corrige ainsi. Annulez-le, puis notez-le à nouveau."
        )
    if isinstance(actor, MemberActor):
        _check_own_correction(actor, transfer, exchange)
    said = find_note(transfer_id)
    if _is_unchanged(transfer, said, exchange):
        raise DomainError(
            "Rien n’a changé. Corrigez ce qui n’est pas exact, ou laissez comme avant."
        )
    _reverse(actor, transfer, reason, instead=exchange)
    if said is None:
        return _post(actor, exchange)
    status = _post(actor, _keep(said, exchange))
    if status == "posted":
        _tell(exchange.id, thanks=said.thanks)
    return status


def describe_exchange(
    actor: Actor, transfer_id: uuid.UUID, wording: str, category_id: uuid.UUID | None = None
) -> None:
    """Say what an exchange was about, its theme too, or nothing any more. Outside the ledger: it can be
    reworded."""
    legs = list_legs(get_transfer(transfer_id))
    authorize(any(policies.can_act_for(actor, number) for number in legs))
    _tell(transfer_id, wording=wording, category_id=category_id)


def thank(actor: Actor, transfer_id: uuid.UUID, words: str) -> None:
    """Leave a thank-you for whoever gave; from whoever received, or the team for them."""
    legs = list_legs(get_transfer(transfer_id))
    authorize(any(policies.can_act_for(actor, n) for n, delta in legs.items() if delta < 0))
    _tell(transfer_id, thanks=words)


def can_correct(actor: Actor, transfer: Transfer) -> bool:
    """Whether the actor may still correct it; what is a correction, or was corrected, cannot be."""
    correctable = transfer.kind in CORRECTABLE and find_reversal(transfer.id) is None
    return correctable and may_correct(actor, transfer)


def may_correct(actor: Actor, transfer: Transfer) -> bool:
    """Whether the actor may undo it: the team always, its two people for 72 hours from when it was first
    noted: a correction does not give them more."""
    if not isinstance(actor, MemberActor):
        return policies.can_record(actor)
    theirs = transfer.kind in BETWEEN_TWO and actor.account_no in list_legs(transfer)
    return theirs and now() - first_posted_at(transfer) <= CORRECTION


def _split(minutes: int, people: Sequence[int]) -> dict[int, int]:
    each, odd = divmod(minutes, len(people))
    return {who: each + (rank < odd) for rank, who in enumerate(people)}


def _check_own_correction(actor: MemberActor, transfer: Transfer, exchange: Exchange) -> None:
    if (exchange.receiver, exchange.giver) != (transfer.debit, transfer.credit):
        raise DomainError("Vous corrigez seulement la durée et le jour de vos propres échanges.")
    if actor.account_no == exchange.giver and exchange.minutes > transfer.minutes:
        raise DomainError(
            "C’est plus que ce qui était noté. Notez le temps en plus avec « J’ai donné » :"
            " l’autre personne le confirmera."
        )


def _is_unchanged(transfer: Transfer, said: ExchangeNote | None, exchange: Exchange) -> bool:
    noted = (transfer.credit, transfer.debit, transfer.minutes, transfer.happened_on)
    start = find_start(transfer.id, exchange.giver)
    return (
        noted == (exchange.giver, exchange.receiver, exchange.minutes, exchange.happened_on)
        and exchange.wording == (said.wording if said else "")
        and exchange.starts_at in (None, start and start.starts_at)
    )


def _post(actor: Actor, exchange: Exchange) -> str:
    status: str = call(
        "ledger_post_exchange",
        p_id=exchange.id,
        p_debit=exchange.receiver,
        p_credit=exchange.giver,
        p_minutes=exchange.minutes,
        p_on=exchange.happened_on,
        p_operator=operator_of(actor),
        p_starts=exchange.starts_at,
    )
    # Sent again, it leaves alone what was said of it since, and what was erased.
    if status == "posted" and (exchange.wording or exchange.category_id or exchange.offer_id):
        _tell(
            exchange.id,
            wording=exchange.wording,
            category_id=exchange.category_id,
            offer_id=exchange.offer_id,
        )
    return status


def _reverse(
    actor: Actor, transfer: Transfer, reason: str, instead: Exchange | None = None
) -> uuid.UUID:
    reversal_id, replaced_by = derived_id("reversal", transfer.id), instead and instead.id
    reversed_id, operator = transfer.id, operator_of(actor)
    people = (instead.giver, instead.receiver) if instead else ()
    # All the accounts of the act, before its first posting: two acts never wait for each other in a circle.
    call("ledger_lock_accounts", p_accounts=[*list_legs(transfer), *people])
    status = call(
        "ledger_post_reversal",
        p_id=reversal_id,
        p_reverses=reversed_id,
        p_reason=reason,
        p_operator=operator,
        p_replacement=replaced_by,
    )
    if status == "posted" and instead and find_transfer(instead.id):
        raise LedgerRefusal("exists_with_different_content")  # what replaces it is new
    # Corrected before, by someone else: only the same correction again changes nothing.
    written = find_reversal(reversed_id)
    if written is None or written.replaced_by != replaced_by:
        raise LedgerRefusal("already_reversed")
    return reversal_id


def _keep(said: ExchangeNote, exchange: Exchange) -> Exchange:
    """What a correction does not change unless it says so: the theme, the notice that it answered."""
    return replace(
        exchange,
        category_id=exchange.category_id or said.category_id,
        offer_id=exchange.offer_id or said.offer_id,
    )


def _tell(transfer_id: uuid.UUID, **said: str | uuid.UUID | None) -> None:
    """Write these parts of what is said of a transfer; the others stay. Two at once: the last one stands."""
    note = insert(ExchangeNote).values(
        tenant_id=require_tenant_id(), transfer_id=transfer_id, **said
    )
    key = ["tenant_id", "transfer_id"]
    db.session.execute(note.on_conflict_do_update(index_elements=key, set_=said))
    db.session.expire_all()
