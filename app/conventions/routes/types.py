"""The standard agreements: what everyone reads, and the life of their versions."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.conventions import commands, policies, queries
from app.conventions.forms.types import PublicationForm, TypeForm
from app.conventions.models import CatalogueEntry, ConventionType
from app.conventions.models.differences import Comparison, compare_versions
from app.conventions.models.variables import blanks_of
from app.core.access import fresh
from app.core.answers import attempt, download, page_number, show_form
from app.core.db import db
from app.core.listing import paginate
from app.core.permissions import authorize

bp = Blueprint("types", __name__, url_prefix="/<slug>/modeles")
HEADER = ("Modèle", "À quoi il sert", "Version", "Publié le")


@bp.get("/")
def index() -> ResponseReturnValue:
    """What is published; the network also sees its drafts."""
    network = policies.can_read_library(g.actor)
    list_them = queries.list_types if network else queries.list_catalogue
    statement = list_them(q=request.args.get("q", ""), sort=request.args.get("tri", "titre"))
    if "format" in request.args:
        cells = _type_cells if network else _entry_cells
        return download("Modèles", HEADER, map(cells, db.session.scalars(statement)))
    return render_template(
        f"conventions/types/{'index' if network else 'catalogue'}.html",
        page=paginate(statement, page_number()),
        can_write=policies.can_write_library(g.actor),
        can_prepare=policies.can_prepare(g.actor),
    )


@bp.route("/nouveau", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Start a standard agreement."""
    authorize(policies.can_write_library(g.actor))
    form = TypeForm()
    made = attempt(
        form, lambda: commands.create_type(g.actor, str(form.title.data), str(form.purpose.data))
    )
    if made is None:
        return show_form("conventions/types/new.html", form)
    flash("Le modèle est commencé. Ajoutez maintenant ses clauses.")
    return redirect(url_for(".draft", type_id=made.id), 303)


@bp.get("/<uuid:type_id>")
def show(type_id: uuid.UUID) -> ResponseReturnValue:
    """A published version, the last one if the address names none."""
    versions = queries.list_published_versions(type_id)
    own = queries.get_type(type_id) if policies.can_read_library(g.actor) else None
    if own and not versions:
        return redirect(url_for(".draft", type_id=type_id), 303)
    entry = queries.get_published(type_id, request.args.get("version", type=int))
    return render_template(
        "conventions/types/show.html",
        entry=entry,
        versions=versions,
        draft=own.draft if own else None,
        blanks=blanks_of(entry.schema),
        can_write=policies.can_write_library(g.actor),
        can_prepare=policies.can_prepare(g.actor),
    )


@bp.get("/<uuid:type_id>/versions/<int:number>")
def changes(type_id: uuid.UUID, number: int) -> ResponseReturnValue:
    """What a published version changes to the one before."""
    entry = queries.get_published(type_id, number)
    return render_template(
        "conventions/types/changes.html", entry=entry, comparison=_comparison(entry)
    )


@bp.post("/<uuid:type_id>/versions")
def next_version(type_id: uuid.UUID) -> ResponseReturnValue:
    """Start the next version."""
    commands.draft_type_version(g.actor, type_id)
    flash("La nouvelle version est commencée. Elle reprend le texte de la précédente.")
    return redirect(url_for(".draft", type_id=type_id), 303)


@bp.route("/<uuid:type_id>/publication", methods=["GET", "POST"])
@fresh
def publication(type_id: uuid.UUID) -> ResponseReturnValue:
    """Say what will happen, then publish the draft."""
    draft = queries.get_draft(type_id)
    authorize(policies.can_publish(g.actor))
    form = PublicationForm(version=draft.lock_version, changes=draft.changes)
    entry = attempt(
        form,
        lambda: commands.publish_type_version(
            g.actor, draft.id, changes=form.changes.data, lock_version=form.seen()
        ),
    )
    if entry is None:
        published = next(iter(queries.list_published_versions(type_id)), None)
        compared = compare_versions(published.payload, draft.payload()) if published else None
        return show_form(
            "conventions/types/publication.html", form, draft=draft, comparison=compared
        )
    flash(f"« {entry.title} », version {entry.version}, est publiée.")
    return redirect(url_for(".show", type_id=type_id), 303)


def _comparison(entry: CatalogueEntry) -> Comparison | None:
    if entry.version == 1:
        return None
    before = queries.get_published(entry.type_id, entry.version - 1)
    return compare_versions(before.payload, entry.payload)


def _entry_cells(entry: CatalogueEntry) -> tuple[object, ...]:
    purpose = entry.payload["purpose"]
    return entry.title, purpose, entry.version, entry.published_at.date().isoformat()


def _type_cells(convention_type: ConventionType) -> tuple[object, ...]:
    last = convention_type.published
    on = last.published_at.date().isoformat() if last and last.published_at else ""
    return convention_type.title, convention_type.purpose, last.number if last else "", on
