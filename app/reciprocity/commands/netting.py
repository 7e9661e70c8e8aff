"""Cancelling loops of debts between organisations, each month: proposed by the network, accepted by each.

Only balances between organisations leave a register, never anything of a person.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, TypeGuard

from app.core.audit import record
from app.core.clock import now, today
from app.core.db import db, require_tenant_id
from app.core.deliveries import deliver, get_letter
from app.core.errors import DomainError, StalePage
from app.core.jobs import later
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.ledger import call, take_turn
from app.reciprocity.models import Netting, NettingState
from app.reciprocity.models.loops import find_loops, is_loop, sha256_of
from app.reciprocity.queries.clearing import (
    find_mirror,
    find_netting,
    get_netting,
    has_written,
    list_answers,
    list_balances,
    list_month_letters,
    list_overdue_nettings,
)
from app.tenants.queries import get_network, get_tenant, has_network

BALANCES, NETTING, ANSWER = (
    "reciprocity.balances",
    "reciprocity.netting",
    "reciprocity.netting_answer",
)
LAST_DAY = 3
"""From that day of the month on, the network seeks loops in what it was told, complete or not."""
Balances = Mapping[uuid.UUID, Mapping[uuid.UUID, int]]


def tend_nettings() -> None:
    """Each day: let what was not accepted in its month lapse, tell the network what we owe, seek loops."""
    month = today().replace(day=1)
    lapse_nettings(month)
    if not has_network():
        return
    send_balances(month)
    if get_network().id == require_tenant_id() and today().day >= LAST_DAY:
        propose_nettings(month)


def send_balances(month: date) -> bool:
    """Tell the network what we owe and are owed, once a month; False when there is nothing to tell."""
    balances = list_balances()
    if not balances or has_written(BALANCES, month):
        return False
    told = {str(peer_id): minutes for peer_id, minutes in balances.items()}
    letter = {"month": month.isoformat(), "balances": told}
    deliver(get_network().id, BALANCES, require_tenant_id(), letter)
    return True


def receive_balances(delivery_id: uuid.UUID) -> None:
    """In the network's space: an organisation told its balances. Once all have, seek the loops."""
    letter = get_letter(delivery_id)
    month = _read_month(letter.payload)
    if month is None or month != today().replace(day=1):
        return
    balances = _read_balances(month)
    named = {peer_id for told in balances.values() for peer_id in told}
    if named <= balances.keys():
        propose_nettings(month)


def propose_nettings(month: date) -> int:
    """Propose to cancel each loop of a month's debts, to those it goes through; how many. Once a month.

    A debt counts for what both sides say of it: the smaller of the two.
    """
    take_turn("netting", month)
    if has_written(NETTING, month):
        return 0
    balances = _read_balances(month)
    debts = {
        (owing, owed): min(minutes, -balances[owed].get(owing, 0))
        for owing, told in balances.items()
        for owed, minutes in told.items()
        if minutes > 0 and owed in balances and balances[owed].get(owing, 0) < 0
    }
    loops = find_loops(debts)
    for loop in loops:
        legs = loop.legs()
        sha256 = sha256_of(legs)
        letter = {"month": month.isoformat(), "legs": legs, "sha256": sha256}
        netting_id = uuid.uuid5(require_tenant_id(), f"netting/{month}/{sha256}")
        for tenant_id in loop.path:
            deliver(tenant_id, NETTING, netting_id, letter, document_sha256=sha256)
    return len(loops)


def receive_netting(delivery_id: uuid.UUID) -> None:
    """In the reader's space: the network proposes a compensation.

    Another's letter, one that is no loop or not ours, or one of another month changes nothing.
    """
    letter = get_letter(delivery_id)
    month, legs = _read_month(letter.payload), letter.payload.get("legs")
    if letter.sender_id != get_network().id or month != today().replace(day=1):
        return
    if not _is_ours(legs) or letter.payload.get("sha256") != sha256_of(legs):
        return
    if find_netting(letter.subject_id):
        return
    netting = Netting(id=letter.subject_id, month=month, legs=legs, sha256=sha256_of(legs))
    # Another one may have declined before this letter was read.
    if "declined" in list_answers(ANSWER, netting.id).values():
        netting.state = NettingState.LAPSED
    db.session.add(netting)
    db.session.flush()
    record(None, "netting.proposed", netting, minutes=netting.minutes)


def answer_netting(actor: Actor, netting_id: uuid.UUID, sha256: str, accept: bool) -> Netting:
    """Accept a compensation, or decline it; until it is written, whoever accepted may still decline.

    DomainError: it awaits no answer. StalePage: `sha256` is not of what was proposed.
    """
    authorize(policies.can_manage(actor))
    netting = get_netting(netting_id, lock=True)
    if not netting.is_open:
        raise DomainError("Cette compensation n’attend plus de réponse.")
    if netting.sha256 != sha256:
        raise StalePage
    netting.state = NettingState.ACCEPTED if accept else NettingState.DECLINED
    netting.answered_at = now()
    record(actor, "netting.accepted" if accept else "netting.declined", netting)
    _tell_others(netting, netting.state)
    if accept:
        # Each one tries after its own commit: whoever committed last sees them all.
        later("reciprocity.post_netting", netting_id=netting.id)
    return netting


def receive_netting_answer(delivery_id: uuid.UUID) -> None:
    """In another's space: an organisation of the loop answered, or wrote the compensation everywhere."""
    letter = get_letter(delivery_id)
    netting = find_netting(letter.subject_id, lock=True)
    if netting is None or str(letter.sender_id) not in {leg["tenant_id"] for leg in netting.legs}:
        return
    match letter.payload.get("answer"):
        case "declined" if netting.is_open:
            netting.state = NettingState.LAPSED
            peer = Actor(require_tenant_id(), get_tenant(letter.sender_id).name)
            record(peer, "netting.declined", netting)
        case "posted" if netting.state == NettingState.POSTED:
            record(None, "netting.posted", netting)


def post_netting(netting_id: uuid.UUID) -> None:
    """Write a compensation in every register, if everyone accepted it. Twice: once."""
    if call("ledger_post_netting", p_id=netting_id) == "posted":
        netting = get_netting(netting_id)
        record(None, "netting.posted", netting)
        _tell_others(netting, "posted")


def lapse_nettings(month: date) -> None:
    """What was not accepted by all within its month is over."""
    for netting in list_overdue_nettings(month):
        netting.state = NettingState.LAPSED


def _tell_others(netting: Netting, answer: str) -> None:
    version = 1 + (answer == "declined") + 2 * (answer == "posted")
    for leg in netting.legs:
        if leg["tenant_id"] != str(netting.tenant_id):
            deliver(
                uuid.UUID(leg["tenant_id"]), ANSWER, netting.id, {"answer": answer}, version=version
            )


def _is_ours(legs: object) -> TypeGuard[list[dict[str, Any]]]:
    """Whether they make a loop in which we stand, between organisations that we exchange with."""
    if not is_loop(legs):
        return False
    own = next((leg for leg in legs if leg["tenant_id"] == str(require_tenant_id())), None)
    return own is not None and all(
        (mirror := find_mirror(uuid.UUID(own[side]))) and mirror.account_no
        for side in ("owes_id", "owed_by_id")
    )


def _read_month(payload: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(payload.get("month")))
    except ValueError:
        return None


def _read_balances(month: date) -> Balances:
    """What each organisation said of its balances about a month."""
    return {
        letter.sender_id: _read_told(letter.payload.get("balances"))
        for letter in list_month_letters(BALANCES, month)
    }


def _read_told(balances: Any) -> dict[uuid.UUID, int]:
    """The balances of a letter; what is none is left out, so that one bad letter stops nobody."""
    told = {}
    for peer_id, minutes in balances.items() if isinstance(balances, dict) else ():
        with suppress(ValueError):
            if type(minutes) is int:
                told[uuid.UUID(peer_id)] = minutes
    return told
