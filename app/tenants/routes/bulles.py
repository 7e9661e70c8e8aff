"""The Bulles: list and map, sheet, stages, associations."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.answers import attempt, download, page_number, show_form
from app.core.clock import today
from app.core.db import db
from app.core.listing import paginate
from app.core.permissions import authorize
from app.tenants import commands, policies, queries
from app.tenants.commands import BulleSheet
from app.tenants.forms import bulles as forms
from app.tenants.models import Bulle, Stage
from app.tenants.routes.drawings import draw_steps, place_points

bp = Blueprint("bulles", __name__, url_prefix="/<slug>/bulles")
HEADER = ("Nom", "Porteur", "Adresse", "Étape", "Depuis le", "Accès", "Bailleur", "Associations")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Every Bulle of the network, as a list and as a map."""
    args = request.args
    statement = queries.list_bulles(
        q=args.get("q", ""),
        stage=args.get("etape", type=int),
        departement=args.get("departement", ""),
        sort=args.get("tri", "nom"),
    )
    if "format" in args:
        return download("Bulles", HEADER, map(_cells, db.session.scalars(statement)))
    page = paginate(statement, page_number())
    return render_template(
        "tenants/bulles/index.html",
        page=page,
        points=place_points(page.rows),
        stages=forms.STAGES,
        departements=[(d.code, d.name) for d in queries.list_bulle_departements()],
        can_open=policies.can_open_bulles(g.actor),
    )


@bp.route("/nouvelle", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Open a Bulle."""
    authorize(policies.can_open_bulles(g.actor))
    form = forms.OpeningForm()
    bulle = attempt(
        form,
        lambda: commands.open_bulle(g.actor, form.porteur_id(), form.sheet(), form.passage()),
    )
    if bulle is None:
        return show_form("tenants/bulles/new.html", form)
    flash(f"La Bulle « {bulle.name} » est ouverte.")
    return _to(bulle.id)


@bp.get("/<uuid:bulle_id>")
def show(bulle_id: uuid.UUID) -> ResponseReturnValue:
    """The sheet of one Bulle."""
    bulle = queries.get_bulle(bulle_id)
    return render_template(
        "tenants/bulles/show.html",
        bulle=bulle,
        territory=queries.find_territory(bulle.territory_kind, bulle.territory_code),
        points=place_points([bulle]),
        steps=draw_steps(bulle),
        can_edit=policies.can_edit_bulle(g.actor, bulle),
        can_decide=policies.can_open_bulles(g.actor),
    )


@bp.route("/<uuid:bulle_id>/presentation", methods=["GET", "POST"])
def presentation(bulle_id: uuid.UUID) -> ResponseReturnValue:
    """Change what the sheet says of the Bulle."""
    return _edit(bulle_id, forms.PresentationForm, "tenants/bulles/presentation.html")


@bp.route("/<uuid:bulle_id>/lieu", methods=["GET", "POST"])
def location(bulle_id: uuid.UUID) -> ResponseReturnValue:
    """Change where the Bulle is and how one gets in."""
    return _edit(bulle_id, forms.LocationForm, "tenants/bulles/location.html")


def _edit(
    bulle_id: uuid.UUID, kind: type[forms.PresentationForm | forms.LocationForm], template: str
) -> ResponseReturnValue:
    bulle = queries.get_bulle(bulle_id)
    authorize(policies.can_edit_bulle(g.actor, bulle))
    before, form = BulleSheet.of(bulle), kind(bulle)
    saved = attempt(
        form,
        lambda: commands.update_bulle(g.actor, bulle_id, form.sheet(before), version=form.seen()),
    )
    if saved is None:
        return show_form(template, form, bulle=bulle)
    flash("La fiche est à jour.")
    return _to(bulle_id)


@bp.route("/<uuid:bulle_id>/porteur", methods=["GET", "POST"])
def porteur(bulle_id: uuid.UUID) -> ResponseReturnValue:
    """Give the Bulle to another porteur."""
    authorize(policies.can_open_bulles(g.actor))
    bulle = queries.get_bulle(bulle_id)
    form = forms.PorteurForm(bulle)
    given = attempt(form, lambda: commands.entrust_bulle(g.actor, bulle_id, form.porteur_id()))
    if given is None:
        return show_form("tenants/bulles/porteur.html", form, bulle=bulle)
    flash(f"{bulle.porteur.short_name} porte la Bulle.")
    return _to(bulle_id)


@bp.route("/<uuid:bulle_id>/etapes/nouvelle", methods=["GET", "POST"])
def new_passage(bulle_id: uuid.UUID) -> ResponseReturnValue:
    """Enter the Bulle into a stage."""
    authorize(policies.can_open_bulles(g.actor))
    bulle = queries.get_bulle(bulle_id)
    following = min(bulle.stage + 1, Stage.EXPANSION)
    form = forms.PassageForm(stage=following, entered_on=today())
    row = attempt(form, lambda: commands.record_passage(g.actor, bulle_id, form.passage()))
    if row is None:
        return show_form("tenants/bulles/passage.html", form, bulle=bulle, wrong=None)
    flash(f"La Bulle est à l’étape « {row.label} ».")
    return _to(bulle_id)


@bp.route("/<uuid:bulle_id>/etapes/<uuid:passage_id>/correction", methods=["GET", "POST"])
def correction(bulle_id: uuid.UUID, passage_id: uuid.UUID) -> ResponseReturnValue:
    """Correct a passage that was written wrongly."""
    authorize(policies.can_open_bulles(g.actor))
    bulle = queries.get_bulle(bulle_id)
    wrong = queries.get_passage(bulle, passage_id)
    form = forms.PassageForm(obj=wrong)
    row = attempt(
        form, lambda: commands.correct_passage(g.actor, bulle_id, passage_id, form.passage())
    )
    if row is None:
        return show_form("tenants/bulles/passage.html", form, bulle=bulle, wrong=wrong)
    flash("L’étape est corrigée. L’ancienne reste dans l’histoire.")
    return _to(bulle_id)


@bp.route("/<uuid:bulle_id>/associations/nouvelle", methods=["GET", "POST"])
def new_association(bulle_id: uuid.UUID) -> ResponseReturnValue:
    """Say that an organisation acts in the Bulle."""
    bulle = queries.get_bulle(bulle_id)
    authorize(policies.can_edit_bulle(g.actor, bulle))
    form = forms.AssociationForm()
    row = attempt(
        form, lambda: commands.add_association(g.actor, bulle_id, form.tenant_id(), form.day())
    )
    if row is None:
        return show_form("tenants/bulles/association.html", form, bulle=bulle)
    flash(f"{row.tenant.short_name} agit dans la Bulle.")
    return _to(bulle_id)


@bp.route("/<uuid:bulle_id>/associations/<uuid:association_id>/fin", methods=["GET", "POST"])
def end_association(bulle_id: uuid.UUID, association_id: uuid.UUID) -> ResponseReturnValue:
    """Say the last day of an organisation in the Bulle."""
    bulle = queries.get_bulle(bulle_id)
    authorize(policies.can_edit_bulle(g.actor, bulle))
    leaving = queries.get_association(bulle, association_id)
    form = forms.LeavingForm(until_on=today())
    row = attempt(
        form, lambda: commands.end_association(g.actor, bulle_id, association_id, form.day())
    )
    if row is None:
        return show_form("tenants/bulles/leaving.html", form, bulle=bulle, leaving=leaving)
    flash(f"La fin de l’action de {row.tenant.short_name} est notée.")
    return _to(bulle_id)


def _to(bulle_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("bulles.show", bulle_id=bulle_id), 303)


def _cells(bulle: Bulle) -> tuple[str, ...]:
    return (
        bulle.name,
        bulle.porteur.name,
        bulle.place,
        f"{bulle.stage}. {bulle.stage.label}",
        bulle.standing_passages[-1].entered_on.isoformat(),
        bulle.step_free_label,
        bulle.landlord.name if bulle.landlord else bulle.landlord_name,
        ", ".join(row.tenant.short_name for row in bulle.associations if row.is_running(today())),
    )
