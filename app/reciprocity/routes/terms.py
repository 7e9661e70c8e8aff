"""The rules of the hours, of the organisation and of each Bulle: today's, and those before."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.answers import attempt, show_form
from app.core.permissions import authorize
from app.core.text import plural
from app.reciprocity import policies
from app.reciprocity.commands.accounts import set_terms
from app.reciprocity.forms.terms import TermsForm
from app.reciprocity.models.invitations import tell_limits
from app.reciprocity.queries.accounts import find_terms, name_operators
from app.reciprocity.queries.terms import list_terms
from app.tenants.queries import list_run_bulles

bp = Blueprint("terms", __name__, url_prefix="/<slug>/heures/regles")
EVERYONE = "Toute l’organisation"


@bp.get("/")
def index() -> ResponseReturnValue:
    """What holds today, and what held before."""
    authorize(policies.can_read(g.actor))
    history = list_terms()
    return render_template(
        "reciprocity/terms/index.html",
        current=[(key, name, find_terms(key)) for key, name in _places().items()],
        own={terms.bulle_id for terms in history},
        history=history,
        places=_places(),
        authors=name_operators(terms.operator_no for terms in history),
        tell_limits=tell_limits,
        can_manage=policies.can_manage(g.actor),
    )


@bp.route("/nouvelles", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Write new rules, for the organisation or for a Bulle (`bulle`)."""
    authorize(policies.can_manage(g.actor))
    bulle_id, places = request.args.get("bulle", type=uuid.UUID), _places()
    is_garbled = bulle_id is None and "bulle" in request.args
    if is_garbled or bulle_id not in places:
        abort(404)
    form = TermsForm.of_terms(find_terms(bulle_id))
    changed = attempt(
        form, lambda: set_terms(g.actor, bulle_id, form.terms(), form.reason.data or "")
    )
    if changed is None:
        return show_form("reciprocity/terms/new.html", form, place=places[bulle_id])
    flash(f"Les règles sont enregistrées. {_outcome(changed)}")
    return redirect(url_for(".index"), 303)


def _places() -> dict[uuid.UUID | None, str]:
    """Where rules hold: the organisation first, then the Bulles it runs."""
    return {None: EVERYONE} | {bulle.id: bulle.name for bulle in list_run_bulles(g.tenant.id)}


def _outcome(changed: int) -> str:
    verb = "change" if changed < 2 else "changent"
    return f"{plural(changed, 'compte')} {verb} de limites."
