"""Who may do what to clauses, standard agreements and conventions. Pure."""

from __future__ import annotations

from app.conventions.models import Convention, Transition, Who
from app.core.permissions import Actor

EDITORS = ("administrator", "editor")
TAKERS = {Who.EDITOR: EDITORS, Who.ADMINISTRATOR: ("administrator",)}


def can_prepare(actor: Actor) -> bool:
    """Prepare a convention, edit its draft, send links again."""
    return actor.has_role(*EDITORS)


def can_answer(actor: Actor) -> bool:
    """Answer a received proposal, ask for a link again."""
    return actor.has_role(*EDITORS)


def can_take(actor: Actor, transition: Transition) -> bool:
    """Take a transition from the workspace; those of signatories and of the network are elsewhere."""
    roles = TAKERS.get(Who(transition.who))
    return roles is not None and actor.has_role(*roles)


def list_possible(
    actor: Actor, convention: Convention, transitions: dict[str, Transition]
) -> list[Transition]:
    """The transitions that the actor may take now, nothing standing in the way."""
    return [t for t in transitions.values() if can_take(actor, t) and not convention.obstacles(t)]


def can_read_library(actor: Actor) -> bool:
    """Read the clauses and the drafts of standard agreements: Ocytocines' people."""
    return actor.is_network


def can_write_library(actor: Actor) -> bool:
    """Write clauses and drafts of standard agreements: Ocytocines' editors and administrators."""
    return actor.is_network and actor.has_role(*EDITORS)


def can_publish(actor: Actor) -> bool:
    """Publish a standard agreement: Ocytocines' administrators."""
    return actor.is_network and actor.has_role("administrator")
