"""One way to change a convention's state: the transition table decides, a step and an event are written."""

from __future__ import annotations

from app.conventions.models import TRANSITIONS, Convention, State, StateChange
from app.conventions.models.states import TransitionRefused
from app.core.audit import record
from app.core.clock import now
from app.core.errors import DomainError
from app.core.permissions import Actor


def take(
    actor: Actor | None, convention: Convention, name: str, *, reason: str = "", **details: object
) -> None:
    """Take a transition of a locked convention, or raise TransitionRefused with every obstacle."""
    transition = TRANSITIONS[name]
    if obstacles := convention.obstacles(transition):
        raise TransitionRefused(f"{transition.label} : {' ; '.join(obstacles)}.")
    if transition.asks_reason and not reason.strip():
        raise DomainError("Dites pourquoi : les autres parties liront votre raison.")
    convention.steps.append(
        StateChange(
            transition=name,
            source=convention.state,
            target=transition.target,
            by_id=actor.user_id if actor else None,
            by=actor.name if actor else "Le réseau",
            reason=reason.strip(),
        )
    )
    convention.state = State(transition.target).value
    convention.changed_at = now()
    record(actor, f"convention.{name}", convention, **({"reason": reason} if reason else details))


def void_round(convention: Convention, reason: str) -> None:
    """The open round no longer counts: its links are dead, its signatures stay readable."""
    round_ = convention.open_round
    round_.voided_at = now()
    round_.void_reason = reason
    for party in convention.parties:
        party.answer = party.answered_at = party.answered_by = None
        party.comment = ""
