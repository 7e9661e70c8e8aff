"""Writing, rewriting and retiring the clauses of the library."""

from __future__ import annotations

import uuid

from app.conventions import policies, queries
from app.conventions.models import Clause, ClauseVersion
from app.conventions.models.blocks import canonical_sha256, check_line, parse, plain
from app.core.audit import record
from app.core.clock import now
from app.core.db import db, new_id
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, authorize
from app.core.text import fold


def create_clause(
    actor: Actor, title: str, theme: str, heading: str, text: str, note: str = ""
) -> Clause:
    """Add a clause with its first text. DomainError: the title is taken, the text holds markup."""
    authorize(policies.can_write_library(actor))
    title = check_line(title, "le titre de la clause")
    if not queries.is_clause_title_free(title):
        raise DomainError(f"Une clause s’appelle déjà « {title} ». Choisissez un autre titre.")
    clause = Clause(id=new_id(), title=title, theme=check_line(theme, "le thème de la clause"))
    _append(clause, _text(actor, 1, heading, text, note))
    db.session.add(clause)
    db.session.flush()
    record(actor, "clause.created", clause)
    return clause


def revise_clause(
    actor: Actor,
    clause_id: uuid.UUID,
    heading: str,
    text: str,
    note: str = "",
    *,
    base: int | None = None,
) -> ClauseVersion:
    """The new text of a clause; one that it already had is found again, and nothing is written.

    DomainError: the text holds markup, or `base`, the number shown, is no longer the last.
    """
    clause = queries.get_clause(clause_id, lock=True)
    authorize(policies.can_write_library(actor))
    if base not in (None, clause.latest.number):
        raise StalePage
    version = _text(actor, clause.latest.number + 1, heading, text, note)
    known = next((v for v in clause.versions if v.sha256 == version.sha256), None)
    if known:
        return known
    _append(clause, version)
    db.session.flush()
    record(actor, "clause.revised", clause, number=version.number)
    return version


def retire_clause(actor: Actor, clause_id: uuid.UUID) -> Clause:
    """Take a clause out of the library; the agreements that hold it keep it."""
    clause = queries.get_clause(clause_id, lock=True)
    authorize(policies.can_write_library(actor))
    if clause.retired_at is None:
        clause.retired_at = now()
        record(actor, "clause.retired", clause)
    return clause


def restore_clause(actor: Actor, clause_id: uuid.UUID) -> Clause:
    """Put a clause back into the library, as it was."""
    clause = queries.get_clause(clause_id, lock=True)
    authorize(policies.can_write_library(actor))
    if clause.retired_at is not None:
        clause.retired_at = None
        record(actor, "clause.restored", clause)
    return clause


def _text(actor: Actor, number: int, heading: str, text: str, note: str) -> ClauseVersion:
    heading, blocks = check_line(heading, "le titre de l’article"), parse(text)
    return ClauseVersion(
        id=new_id(),
        number=number,
        sha256=canonical_sha256({"heading": heading, "blocks": blocks}),
        heading=heading,
        blocks=blocks,
        note=" ".join(plain(note).split()),
        written_by=actor.name,
    )


def _append(clause: Clause, version: ClauseVersion) -> None:
    clause.versions = [*clause.versions, version] if version.number > 1 else [version]
    words = f"{clause.title} {clause.theme} {version.heading} {version.text}"
    clause.search_key = fold(words)
