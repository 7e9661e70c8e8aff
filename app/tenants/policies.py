"""Who may do what to organisations, people and Bulles. Pure."""

from __future__ import annotations

from app.core.permissions import Actor
from app.tenants.models import Bulle, Role


def can_manage_people(actor: Actor) -> bool:
    """Invite, change roles, remove, restore."""
    return actor.has_role(Role.ADMINISTRATOR)


def can_see_journal(actor: Actor) -> bool:
    """Read the journal of the organisation."""
    return actor.has_role(Role.ADMINISTRATOR, Role.EDITOR)


def can_see_jobs(actor: Actor) -> bool:
    """See the work in the background; the network's administrators see all of it and can run it again."""
    return actor.has_role(Role.ADMINISTRATOR)


def can_see_register(actor: Actor) -> bool:
    """Read the register of organisations: everyone at Ocytocines."""
    return actor.is_network


def can_manage_register(actor: Actor) -> bool:
    """Add, change and close organisations: Ocytocines' administrators."""
    return actor.is_network and actor.has_role(Role.ADMINISTRATOR)


def can_open_bulles(actor: Actor) -> bool:
    """Open a Bulle and decide its stages: Ocytocines' administrators."""
    return actor.is_network and actor.has_role(Role.ADMINISTRATOR)


def can_edit_bulle(actor: Actor, bulle: Bulle) -> bool:
    """Change a Bulle's sheet: the porteur's staff, or Ocytocines' administrators."""
    runs_it = actor.tenant_id == bulle.porteur_id
    staff = actor.has_role(Role.ADMINISTRATOR, Role.EDITOR, Role.FACILITATOR)
    return (runs_it and staff) or can_open_bulles(actor)
