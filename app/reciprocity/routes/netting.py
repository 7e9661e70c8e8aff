"""Compensations between organisations: what is proposed, what was answered."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.answers import attempt, download, page_number, show_form
from app.core.db import db
from app.core.forms import Form
from app.core.home import Task, gives_tasks
from app.core.listing import paginate
from app.core.permissions import Actor, authorize
from app.core.text import MONTHS, duration
from app.reciprocity import policies
from app.reciprocity.commands.netting import ANSWER, answer_netting
from app.reciprocity.forms.clearing import NettingForm
from app.reciprocity.models import Netting, NettingState
from app.reciprocity.queries import clearing as queries
from app.tenants.queries import get_tenant

bp = Blueprint("nettings", __name__, url_prefix="/<slug>/heures/compensations")
HEADER = ("Mois", "Minutes", "Nous devions à", "Nous devait", "État")
STATES = {
    NettingState.PROPOSED: "À décider",
    NettingState.ACCEPTED: "Acceptée ici",
    NettingState.DECLINED: "Refusée ici",
    NettingState.POSTED: "Écrite",
    NettingState.LAPSED: "Sans suite",
}


@bp.get("/")
def index() -> ResponseReturnValue:
    """The compensations that the network proposed here."""
    authorize(policies.can_read(g.actor))
    state = request.args.get("etat", "")
    statement = queries.list_nettings(state=state if state in set(STATES) else "")
    if "format" in request.args:
        return download("Compensations", HEADER, map(_cells, db.session.scalars(statement)))
    return render_template(
        "reciprocity/netting/index.html",
        page=paginate(statement, page_number()),
        states=STATES,
        name=_name,
        month=_month,
    )


@bp.get("/<uuid:netting_id>")
def show(netting_id: uuid.UUID) -> ResponseReturnValue:
    """One compensation: what it cancels, who answered."""
    authorize(policies.can_read(g.actor))
    netting = queries.get_netting(netting_id)
    return _page(netting, NettingForm(formdata=None, sha256=netting.sha256))


@bp.post("/<uuid:netting_id>/reponse")
def answer(netting_id: uuid.UUID) -> ResponseReturnValue:
    """Accept it, or decline it."""
    authorize(policies.can_manage(g.actor))
    form = NettingForm()
    accept = form.answer.data == "accept"
    done = attempt(form, lambda: answer_netting(g.actor, netting_id, form.sha256.data, accept))
    if done is None:
        return _page(queries.get_netting(netting_id), form)
    flash(
        "Vous acceptez. Tout sera écrit quand les autres auront accepté."
        if accept
        else "Vous refusez. Rien ne change dans les comptes."
    )
    return redirect(url_for(".show", netting_id=netting_id), 303)


@gives_tasks
def list_netting_tasks(actor: Actor) -> list[Task]:
    """Compensations that await our answer."""
    if not policies.can_manage(actor):
        return []
    return [
        Task(
            rank=14,
            title="Répondre à une compensation entre lieux",
            detail=f"{duration(netting.minutes)} en moins de chaque côté. Personne ne perd d’heures.",
            button="Lire la proposition",
            url=url_for("nettings.show", netting_id=netting.id),
        )
        for netting in queries.list_nettings_to_answer()
    ]


def _page(netting: Netting, form: Form) -> ResponseReturnValue:
    return show_form(
        "reciprocity/netting/show.html",
        form,
        netting=netting,
        states=STATES,
        answers={str(k): v for k, v in queries.list_answers(ANSWER, netting.id).items()},
        name=_name,
        month=_month,
        can_manage=policies.can_manage(g.actor),
    )


def _name(tenant_id: str) -> str:
    return get_tenant(uuid.UUID(tenant_id)).short_name


def _month(netting: Netting) -> str:
    return f"{MONTHS[netting.month.month - 1]} {netting.month.year}"


def _cells(netting: Netting) -> tuple[object, ...]:
    leg = netting.own_leg
    return (
        f"{netting.month:%Y-%m}",
        netting.minutes,
        _name(leg["owes_id"]),
        _name(leg["owed_by_id"]),
        STATES[NettingState(netting.state)],
    )
