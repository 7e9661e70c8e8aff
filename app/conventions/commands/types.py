"""Writing the versions of the standard agreements, and publishing them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from app.conventions import policies, queries
from app.conventions.models import (
    CatalogueEntry,
    ConventionType,
    TypeClause,
    TypeVersion,
    Variable,
)
from app.conventions.models.blocks import canonical_sha256, check_line, plain
from app.conventions.models.variables import check_name
from app.core.audit import record
from app.core.clock import now
from app.core.db import db, new_id
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, authorize
from app.core.text import fold

PartyRole = dict[str, Any]
"""`role` (a name like a variable's), `label`, `required`."""


def create_type(actor: Actor, title: str, purpose: str) -> ConventionType:
    """Start a standard agreement, with an empty first draft. DomainError: the title is taken."""
    authorize(policies.can_write_library(actor))
    title, purpose = check_line(title, "le titre"), check_line(purpose, "à quoi il sert")
    if not queries.is_type_title_free(title):
        raise DomainError(f"Un modèle s’appelle déjà « {title} ». Choisissez un autre titre.")
    convention_type = ConventionType(
        id=new_id(), title=title, purpose=purpose, search_key=fold(f"{title} {purpose}")
    )
    convention_type.versions = [TypeVersion(id=new_id(), number=1, clauses=[])]
    db.session.add(convention_type)
    db.session.flush()
    record(actor, "type.created", convention_type)
    return convention_type


def draft_type_version(actor: Actor, type_id: uuid.UUID) -> TypeVersion:
    """Start the next version from the last published one; its `outdated_clauses` say which clauses
    have a newer text. DomainError: a draft is already open."""
    convention_type = queries.get_type(type_id, lock=True)
    authorize(policies.can_write_library(actor))
    published = convention_type.published
    if convention_type.draft or published is None:
        raise DomainError("Une nouvelle version de ce modèle est déjà en cours d’écriture.")
    source = queries.get_type_version(published.id)
    draft = TypeVersion(
        id=new_id(),
        number=source.number + 1,
        variables=source.variables,
        party_roles=source.party_roles,
        clauses=[_place(id_, rank) for rank, id_ in enumerate(source.clause_version_ids, start=1)],
    )
    convention_type.versions = [*convention_type.versions, draft]
    db.session.flush()
    record(actor, "type.drafted", convention_type, number=draft.number)
    return queries.get_type_version(draft.id, lock=True)


def set_type_clauses(
    actor: Actor,
    type_version_id: uuid.UUID,
    clause_version_ids: Sequence[uuid.UUID],
    lock_version: int,
) -> TypeVersion:
    """The clauses of a draft, in order. DomainError: unknown text, twice the same clause."""
    version = _open_draft(actor, type_version_id, lock_version)
    clauses = {v.id: v.clause_id for v in queries.list_clause_versions(clause_version_ids)}
    if not clauses.keys() >= set(clause_version_ids):
        raise DomainError("Cette clause n’est pas dans la bibliothèque.")
    if len(set(clauses.values())) < len(clause_version_ids):
        raise DomainError("Cette clause est déjà dans le modèle.")
    places = {c.clause_version_id: c for c in version.clauses}
    version.clauses = [places.get(id_) or _place(id_, 0) for id_ in clause_version_ids]
    for rank, place in enumerate(version.clauses, start=1):
        place.position = rank
    return _save(actor, version, "clauses")


def set_type_variables(
    actor: Actor, type_version_id: uuid.UUID, variables: Sequence[dict[str, Any]], lock_version: int
) -> TypeVersion:
    """The variables of a draft, in order. DomainError: a name is wrong or taken, no answers."""
    version = _open_draft(actor, type_version_id, lock_version)
    checked = [Variable.from_json(data).checked() for data in variables]
    _refuse_twice([v.name for v in checked], "variable")
    version.variables = [v.to_json() for v in checked]
    return _save(actor, version, "variables")


def set_party_roles(
    actor: Actor, type_version_id: uuid.UUID, roles: Sequence[PartyRole], lock_version: int
) -> TypeVersion:
    """Who the parties of a draft are, in order. DomainError: a role is wrong or named twice."""
    version = _open_draft(actor, type_version_id, lock_version)
    checked = [_check_role(role) for role in roles]
    _refuse_twice([role["role"] for role in checked], "partie")
    version.party_roles = checked
    return _save(actor, version, "party_roles")


def publish_type_version(
    actor: Actor,
    type_version_id: uuid.UUID,
    *,
    changes: str | None = None,
    lock_version: int | None = None,
) -> CatalogueEntry:
    """Freeze a draft and put it whole into the catalogue, for every organisation.

    `changes`: what this version brings, for its readers. DomainError: something is missing
    (see TypeVersion.obstacles), or it was changed since `lock_version` was shown.
    """
    version = queries.get_type_version(type_version_id, lock=True)
    authorize(policies.can_publish(actor))
    _refuse_closed(version, lock_version)
    if obstacles := version.obstacles():
        raise DomainError(" ".join(obstacles))
    if changes is not None:
        version.changes = plain(changes)
    entry = _entry(actor, version)
    version.published_at, version.sha256 = entry.published_at, entry.sha256
    db.session.add(entry)
    db.session.flush()
    record(actor, "type.published", version.type, number=version.number, sha256=entry.sha256)
    return entry


def _entry(actor: Actor, version: TypeVersion) -> CatalogueEntry:
    payload = version.payload()
    return CatalogueEntry(
        id=new_id(),
        publisher_id=actor.tenant_id,
        type_id=version.type_id,
        version=version.number,
        title=version.type.title,
        search_key=version.type.search_key,
        payload=payload,
        sha256=canonical_sha256(payload),
        published_at=now(),
    )


def _open_draft(actor: Actor, type_version_id: uuid.UUID, lock_version: int) -> TypeVersion:
    version = queries.get_type_version(type_version_id, lock=True)
    authorize(policies.can_write_library(actor))
    _refuse_closed(version, lock_version)
    return version


def _refuse_closed(version: TypeVersion, lock_version: int | None) -> None:
    if version.is_published:
        raise DomainError("Cette version est publiée : elle ne change plus. Commencez la suivante.")
    if lock_version not in (None, version.lock_version):
        raise StalePage


def _save(actor: Actor, version: TypeVersion, what: str) -> TypeVersion:
    flag_modified(version, "variables")  # a change of its clauses alone must move lock_version too
    db.session.flush()
    record(actor, "type.edited", version.type, what=what)
    return version


def _place(clause_version_id: uuid.UUID, position: int) -> TypeClause:
    return TypeClause(id=new_id(), clause_version_id=clause_version_id, position=position)


def _check_role(role: PartyRole) -> PartyRole:
    check_name(role["role"])
    label = check_line(role["label"], "qui est cette partie")
    return {"role": role["role"], "label": label, "required": bool(role.get("required", True))}


def _refuse_twice(names: list[str], what: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise DomainError(f"Une autre {what} s’appelle déjà « {twice} ».")
