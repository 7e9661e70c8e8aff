"""The life of a convention: one table drives the buttons, the checks and docs/states.md."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from app.core.errors import DomainError


class State(enum.StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    SIGNING = "signing"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    CANCELLED = "cancelled"


STATE_LABELS = {
    State.DRAFT: "Brouillon",
    State.PROPOSED: "Proposée",
    State.APPROVED: "Approuvée",
    State.SIGNING: "En signature",
    State.IN_FORCE: "En vigueur",
    State.EXPIRED: "Expirée",
    State.TERMINATED: "Résiliée",
    State.CANCELLED: "Annulée",
}

BEFORE_FORCE = (State.DRAFT, State.PROPOSED, State.APPROVED, State.SIGNING)


class Who(enum.StrEnum):
    """Who may take a transition."""

    EDITOR = "editor"
    ADMINISTRATOR = "administrator"
    PARTY = "party"
    SIGNATORY = "signatory"
    SYSTEM = "system"


WHO_LABELS = {
    Who.EDITOR: "Rédaction ou administration",
    Who.ADMINISTRATOR: "Administration",
    Who.PARTY: "Une autre partie",
    Who.SIGNATORY: "Un signataire",
    Who.SYSTEM: "Le réseau, tout seul",
}


@dataclass(frozen=True)
class Transition:
    """One way to change state. `guard` names the property of Convention that says what is missing."""

    name: str
    sources: tuple[State, ...]
    target: State
    who: Who
    label: str
    guard: str | None = None
    asks_reason: bool = False


TRANSITIONS = {
    t.name: t
    for t in (
        Transition(
            "propose", (State.DRAFT,), State.PROPOSED, Who.EDITOR,
            "Proposer aux parties", guard="what_is_missing",
        ),
        Transition(
            "withdraw", (State.PROPOSED,), State.DRAFT, Who.EDITOR,
            "Reprendre le brouillon",
        ),
        Transition(
            "request_change", (State.PROPOSED,), State.DRAFT, Who.PARTY,
            "Demander un changement", asks_reason=True,
        ),
        Transition(
            "approve", (State.PROPOSED,), State.APPROVED, Who.SYSTEM,
            "Approuver", guard="awaited_answers",
        ),
        Transition(
            "open_signing", (State.APPROVED,), State.SIGNING, Who.EDITOR,
            "Ouvrir les signatures", guard="what_is_not_frozen",
        ),
        Transition(
            "reopen", (State.APPROVED, State.SIGNING), State.DRAFT, Who.EDITOR,
            "Changer le texte", asks_reason=True,
        ),
        Transition(
            "refuse", (State.SIGNING,), State.DRAFT, Who.SIGNATORY,
            "Refuser de signer", asks_reason=True,
        ),
        Transition(
            "activate", (State.SIGNING,), State.IN_FORCE, Who.SYSTEM,
            "Entrer en vigueur", guard="what_is_not_sealed",
        ),
        Transition(
            "expire", (State.IN_FORCE,), State.EXPIRED, Who.SYSTEM, "Expirer", guard="what_runs_on",
        ),
        Transition(
            "terminate", (State.IN_FORCE,), State.TERMINATED, Who.ADMINISTRATOR,
            "Résilier la convention", asks_reason=True,
        ),
        Transition(
            "cancel", BEFORE_FORCE, State.CANCELLED, Who.ADMINISTRATOR,
            "Annuler la convention", asks_reason=True,
        ),
    )
}  # fmt: skip


class TransitionRefused(DomainError):
    """The convention's state, or something missing, forbids this."""
