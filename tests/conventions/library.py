"""A small library for the tests: one clause, one standard agreement ready to be published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.conventions import commands
from app.conventions.models import Clause, TypeVersion, Variable, VariableKind
from app.core.db import tenant_context
from app.core.permissions import Actor

HOURS = "Réciprocité des heures"
TEXT = "Les parties donnent {{ heures }} heures par an.\n\n- à {{ bulle }}\n- ou ailleurs"
ASKED = [Variable("heures", "Combien d’heures par an ?", VariableKind.NUMBER).to_json()]
PARTIES = [
    {"role": "porteur", "label": "La structure qui porte la Bulle", "required": True},
    {"role": "proprietaire", "label": "La structure qui prête le lieu", "required": True},
]


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """A person at work in their organisation. What is not committed inside is forgotten."""
    with tenant_context(actor.tenant_id):
        yield actor


def write_clause(actor: Actor, title: str = HOURS, text: str = TEXT) -> Clause:
    """A clause of the library."""
    return commands.create_clause(actor, title, "Réciprocité", "Réciprocité", text)


def write_type(actor: Actor, title: str = "Accueil d’une Bulle") -> TypeVersion:
    """A first draft that can be published."""
    clause = write_clause(actor, f"Clause de {title}")
    draft = commands.create_type(actor, title, "Ouvrir une Bulle dans un lieu prêté.").draft
    assert draft
    commands.set_type_clauses(actor, draft.id, [clause.latest.id], draft.lock_version)
    commands.set_type_variables(actor, draft.id, ASKED, draft.lock_version)
    return commands.set_party_roles(actor, draft.id, PARTIES, draft.lock_version)
