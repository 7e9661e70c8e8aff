"""Files taken over from another program: brought, tried, accepted."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.answers import attempt, download, page_number, show_form
from app.core.listing import paginate, to_csv
from app.core.permissions import authorize
from app.reciprocity import policies
from app.reciprocity.commands import imports as commands
from app.reciprocity.forms.imports import AcceptForm, UploadForm
from app.reciprocity.models import ImportRun
from app.reciprocity.queries import imports as queries
from app.reciprocity.queries.categories import list_categories
from app.tenants.queries import list_run_bulles

bp = Blueprint("imports", __name__, url_prefix="/<slug>/heures/reprises")
SHOWN = 200
"""Faulty lines on the page; the downloaded report has them all."""
STATE_LABELS = {
    "queued": "Vérification en cours",
    "tried": "Prêt à reprendre",
    "refused": "À corriger",
    "accepted": "Reprise en cours",
    "done": "Repris",
}
STATUS_LABELS = {
    "error": "À corriger",
    "limit": "Limite dépassée",
    "note": "À savoir",
    "sample": "Exemple",
}
UNITS = {
    "members": ("membre", "membres"),
    "offers": ("annonce", "annonces"),
    "exchanges": ("échange", "échanges"),
}


@bp.get("/")
def index() -> ResponseReturnValue:
    """The files brought so far, and how to bring one."""
    authorize(policies.can_manage(g.actor))
    return render_template(
        "reciprocity/imports/index.html",
        page=paginate(queries.list_runs(), page_number()),
        tables=commands.TABLES,
        kinds=commands.KINDS,
        states=STATE_LABELS,
    )


@bp.get("/modeles/<kind>")
def model(kind: str) -> ResponseReturnValue:
    """A table to fill in: the header, and one line as an example."""
    authorize(policies.can_manage(g.actor))
    columns = commands.TABLES.get(kind) or abort(404)
    content = to_csv([c.header for c in columns], [[c.example for c in columns]])
    disposition = {"Content-Disposition": f'attachment; filename="modele-{kind}.csv"'}
    return Response(content, mimetype="text/csv", headers=disposition)


@bp.route("/nouvelle", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Bring a file."""
    authorize(policies.can_manage(g.actor))
    form = UploadForm(list_run_bulles(g.actor.tenant_id), list_categories(), source="table")
    run = attempt(form, lambda: commands.start_import(g.actor, form.upload()))
    if run is None:
        return show_form("reciprocity/imports/new.html", form)
    return redirect(url_for(".show", run_id=run.id), 303)


@bp.get("/<uuid:run_id>")
def show(run_id: uuid.UUID) -> ResponseReturnValue:
    """What a file would do, did, or what stops it."""
    authorize(policies.can_manage(g.actor))
    run = queries.get_run(run_id)
    if "format" in request.args:
        header = ("Ligne", "État", "Ce qu’il faut savoir")
        return download(f"Rapport {run.file_name}", header, _report(run))
    return _show(run, AcceptForm(welcome=run.source == "table"))


@bp.post("/<uuid:run_id>/reprise")
def acceptance(run_id: uuid.UUID) -> ResponseReturnValue:
    """Take the file in."""
    form = AcceptForm()
    run = attempt(
        form,
        lambda: commands.accept_import(
            g.actor, run_id, beyond_limits=form.beyond_limits.data, welcome=form.welcome.data
        ),
    )
    if run is None:
        authorize(policies.can_manage(g.actor))
        return _show(queries.get_run(run_id), form)
    return redirect(url_for(".show", run_id=run_id), 303)


@bp.post("/<uuid:run_id>/verification")
def trial(run_id: uuid.UUID) -> ResponseReturnValue:
    """Try the file again."""
    run = commands.retry_import(g.actor, run_id)
    if run.state == "done":
        flash("Ce fichier est déjà repris.")
    return redirect(url_for(".show", run_id=run_id), 303)


def _show(run: ImportRun, form: AcceptForm) -> ResponseReturnValue:
    said = {
        status: [line for line in run.report if line["status"] == status]
        for status in STATUS_LABELS
    }
    return show_form(
        "reciprocity/imports/show.html",
        form,
        run=run,
        said=said,
        shown=SHOWN,
        states=STATE_LABELS,
        kinds=commands.KINDS,
        units=UNITS[run.kind],
    )


def _report(run: ImportRun) -> Iterator[tuple[object, ...]]:
    for line in run.report:
        yield line["line"], STATUS_LABELS[line["status"]], line["sentence"]
