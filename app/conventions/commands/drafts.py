"""One change at a time to the draft of a standard agreement.

Each reads a list of the draft, changes one thing and writes it whole: the version that the person
saw (`lock_version`) is checked under the lock, so nothing written in between is lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy.exc import NoResultFound

from app.conventions import queries
from app.conventions.commands.types import (
    PartyRole,
    set_party_roles,
    set_type_clauses,
    set_type_variables,
)
from app.conventions.models import TypeVersion, Variable
from app.conventions.models.variables import NAME
from app.core.permissions import Actor
from app.core.text import slugify

Item = TypeVar("Item")


def put_clause(
    actor: Actor,
    type_version_id: uuid.UUID,
    clause_version_id: uuid.UUID,
    lock_version: int,
    *,
    position: int | None = None,
) -> TypeVersion:
    """Add a text, last or at `position` (from 0); another text of its clause gives its place."""
    version = queries.get_type_version(type_version_id)
    ids = version.clause_version_ids
    siblings = {v.id for v in queries.list_sibling_versions(clause_version_id)}
    held = next((id_ for id_ in ids if id_ in siblings), None)
    if held:
        ids[ids.index(held)] = clause_version_id
    else:
        ids.insert(len(ids) if position is None else position, clause_version_id)
    return set_type_clauses(actor, type_version_id, ids, lock_version)


def move_clause(
    actor: Actor,
    type_version_id: uuid.UUID,
    clause_version_id: uuid.UUID,
    step: int,
    lock_version: int,
) -> TypeVersion:
    """Move a clause up (-1) or down (1)."""
    ids = queries.get_type_version(type_version_id).clause_version_ids
    moved = _moved(ids, _rank(ids, clause_version_id), step)
    return set_type_clauses(actor, type_version_id, moved, lock_version)


def remove_clause(
    actor: Actor, type_version_id: uuid.UUID, clause_version_id: uuid.UUID, lock_version: int
) -> TypeVersion:
    """Take a clause out of a draft; the library keeps it."""
    ids = queries.get_type_version(type_version_id).clause_version_ids
    ids.pop(_rank(ids, clause_version_id))
    return set_type_clauses(actor, type_version_id, ids, lock_version)


def put_variable(
    actor: Actor,
    type_version_id: uuid.UUID,
    variable: Variable,
    lock_version: int,
    *,
    instead_of: str | None = None,
) -> TypeVersion:
    """Add a variable at the end, or in the place of the one that is named."""
    variables = list(queries.get_type_version(type_version_id).variables)
    if instead_of is None:
        variables.append(variable.to_json())
    else:
        variables[_rank([v["name"] for v in variables], instead_of)] = variable.to_json()
    return set_type_variables(actor, type_version_id, variables, lock_version)


def move_variable(
    actor: Actor, type_version_id: uuid.UUID, name: str, step: int, lock_version: int
) -> TypeVersion:
    """Ask a variable earlier (-1) or later (1)."""
    variables = queries.get_type_version(type_version_id).variables
    moved = _moved(variables, _rank([v["name"] for v in variables], name), step)
    return set_type_variables(actor, type_version_id, moved, lock_version)


def remove_variable(
    actor: Actor, type_version_id: uuid.UUID, name: str, lock_version: int
) -> TypeVersion:
    """Stop asking for a variable."""
    variables = queries.get_type_version(type_version_id).variables
    _rank([v["name"] for v in variables], name)
    kept = [v for v in variables if v["name"] != name]
    return set_type_variables(actor, type_version_id, kept, lock_version)


def put_party_role(
    actor: Actor,
    type_version_id: uuid.UUID,
    label: str,
    required: bool,
    lock_version: int,
    *,
    role: str | None = None,
) -> TypeVersion:
    """Describe the party of this role, a new one at the end; without a role, it takes its label's."""
    roles = list(queries.get_type_version(type_version_id).party_roles)
    names = [known["role"] for known in roles]
    described = {"role": role or _role_name(label), "label": label, "required": required}
    if role in names:
        roles[names.index(role)] = described
    else:
        roles.append(described)
    return set_party_roles(actor, type_version_id, roles, lock_version)


def remove_party_role(
    actor: Actor, type_version_id: uuid.UUID, role: str, lock_version: int
) -> TypeVersion:
    """Take a party out of a draft."""
    roles: Sequence[PartyRole] = queries.get_type_version(type_version_id).party_roles
    _rank([known["role"] for known in roles], role)
    kept = [known for known in roles if known["role"] != role]
    return set_party_roles(actor, type_version_id, kept, lock_version)


def _rank(items: Sequence[object], wanted: object) -> int:
    if wanted not in items:
        raise NoResultFound
    return items.index(wanted)


def _moved(items: Sequence[Item], rank: int, step: int) -> list[Item]:
    """The list with one item moved, which stops at both ends."""
    moved = list(items)
    item = moved.pop(rank)
    moved.insert(max(0, rank + step), item)
    return moved


def _role_name(label: str) -> str:
    name = slugify(label).replace("-", "_")[:40].strip("_")
    return name if NAME.fullmatch(name) else f"partie_{name}"[:40].strip("_")
