"""The clause library: the list, one clause, its texts."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.conventions import commands, policies, queries
from app.conventions.forms.library import ClauseForm, ClauseTextForm
from app.conventions.models import Clause, ClauseVersion
from app.conventions.models.differences import compare_texts
from app.conventions.models.variables import BUILT_IN, blanks_of
from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.db import db
from app.core.listing import paginate
from app.core.permissions import authorize

bp = Blueprint("clauses", __name__, url_prefix="/<slug>/clauses")
HEADER = ("Clause", "Thème", "Titre de l’article", "Texte", "Version", "Écrite le", "Par")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Every clause, or those that were retired."""
    authorize(policies.can_read_library(g.actor))
    args = request.args
    retired = args.get("etat") == "retirees"
    statement = queries.list_clauses(
        q=args.get("q", ""),
        theme=args.get("theme", ""),
        retired=retired,
        sort=args.get("tri", "titre"),
    )
    if "format" in args:
        return download("Clauses", HEADER, map(_cells, db.session.scalars(statement)))
    return render_template(
        "conventions/clauses/index.html",
        page=paginate(statement, page_number()),
        themes=[(theme, theme) for theme in queries.list_themes()],
        can_write=policies.can_write_library(g.actor),
    )


@bp.route("/nouvelle", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Write a clause."""
    authorize(policies.can_write_library(g.actor))
    form = ClauseForm()
    form.theme.description = _example(queries.list_themes())
    clause = attempt(form, lambda: commands.create_clause(g.actor, **form.sheet()))
    if clause is None:
        return show_form("conventions/clauses/new.html", form, built_in=BUILT_IN)
    flash("La clause est dans la bibliothèque.")
    return redirect(url_for(".show", clause_id=clause.id), 303)


@bp.get("/<uuid:clause_id>")
def show(clause_id: uuid.UUID) -> ResponseReturnValue:
    """A clause: its last text, the ones before, where it stands."""
    authorize(policies.can_read_library(g.actor))
    return render_template(
        "conventions/clauses/show.html",
        clause=queries.get_clause(clause_id),
        uses=queries.list_uses(clause_id),
        blanks=blanks_of([]),
        can_write=policies.can_write_library(g.actor),
    )


@bp.route("/<uuid:clause_id>/texte", methods=["GET", "POST"])
def text(clause_id: uuid.UUID) -> ResponseReturnValue:
    """Rewrite a clause."""
    authorize(policies.can_write_library(g.actor))
    clause = queries.get_clause(clause_id)
    last = clause.latest.number
    form = ClauseTextForm.of(clause)
    version = attempt(
        form,
        lambda: commands.revise_clause(g.actor, clause_id, base=form.seen(), **form.sheet()),
    )
    if version is None:
        return show_form("conventions/clauses/text.html", form, clause=clause, built_in=BUILT_IN)
    flash(_outcome(version, last))
    return redirect(url_for(".show", clause_id=clause_id), 303)


@bp.get("/<uuid:clause_id>/versions/<int:number>")
def version(clause_id: uuid.UUID, number: int) -> ResponseReturnValue:
    """One text of a clause, and what it changes to the one before."""
    authorize(policies.can_read_library(g.actor))
    clause = queries.get_clause(clause_id)
    texts = {v.number: v for v in clause.versions}
    if number not in texts:
        abort(404)
    before = texts.get(number - 1)
    return render_template(
        "conventions/clauses/version.html",
        clause=clause,
        version=texts[number],
        lines=compare_texts(_whole(before), _whole(texts[number])) if before else [],
        blanks=blanks_of([]),
    )


@bp.post("/<uuid:clause_id>/retrait")
def retirement(clause_id: uuid.UUID) -> ResponseReturnValue:
    """Take a clause out of the library."""
    clause = commands.retire_clause(g.actor, clause_id)
    back = url_for(".restoration", clause_id=clause_id)
    flash_undo(f"« {clause.title} » n’est plus proposée.", back, "La remettre")
    return redirect(url_for(".show", clause_id=clause_id), 303)


@bp.post("/<uuid:clause_id>/retour")
def restoration(clause_id: uuid.UUID) -> ResponseReturnValue:
    """Put a clause back into the library."""
    clause = commands.restore_clause(g.actor, clause_id)
    flash(f"« {clause.title} » est de nouveau proposée.")
    return redirect(url_for(".show", clause_id=clause_id), 303)


def _example(themes: list[str]) -> str:
    return f"Déjà là : {', '.join(themes)}." if themes else "Par exemple « Réciprocité »."


def _outcome(version: ClauseVersion, last: int) -> str:
    if version.number > last:
        return f"La version {version.number} est enregistrée. Les modèles publiés ne changent pas."
    if version.number == last:
        return "Le texte n’a pas changé. Rien n’a été enregistré."
    return f"Ce texte existe déjà : c’est la version {version.number}."


def _whole(version: ClauseVersion) -> str:
    return f"{version.heading}\n\n{version.text}"


def _cells(clause: Clause) -> tuple[object, ...]:
    last = clause.latest
    written = last.written_at.date().isoformat()
    return (
        clause.title,
        clause.theme,
        last.heading,
        last.text,
        last.number,
        written,
        last.written_by,
    )
