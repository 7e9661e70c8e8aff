"""Keys for programs: the list, a new one shown once, closing one."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import fresh
from app.core.answers import attempt, show_form
from app.core.pages import public_url
from app.core.permissions import authorize
from app.reciprocity import policies
from app.reciprocity.commands.tokens import create_token, revoke_token
from app.reciprocity.forms.tokens import TokenForm
from app.reciprocity.queries.tokens import get_token, list_tokens

bp = Blueprint("tokens", __name__, url_prefix="/<slug>/heures/cles")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The keys of the organisation."""
    authorize(policies.can_manage(g.actor))
    return render_template("reciprocity/tokens/index.html", tokens=list_tokens())


@bp.route("/nouvelle", methods=["GET", "POST"])
@fresh
def new() -> ResponseReturnValue:
    """Make a key; its secret is on this answer and nowhere else."""
    authorize(policies.can_manage(g.actor))
    form = TokenForm()
    asked = {"can_write": form.can_write.data, "token_id": form.token_id()}
    made = attempt(form, lambda: create_token(g.actor, form.name.data, **asked))
    if made is None:
        return show_form("reciprocity/tokens/new.html", form)
    token, secret = made
    address = public_url("api.accounts", slug=g.tenant.slug)
    return render_template(
        "reciprocity/tokens/made.html", token=token, secret=secret, address=address
    )


@bp.route("/<uuid:token_id>/fermeture", methods=["GET", "POST"])
@fresh
def closing(token_id: uuid.UUID) -> ResponseReturnValue:
    """Close a key, after saying what will stop."""
    authorize(policies.can_manage(g.actor))
    if request.method == "GET":
        return render_template("reciprocity/tokens/closing.html", token=get_token(token_id))
    token = revoke_token(g.actor, token_id)
    flash(f"La clé « {token.name} » est fermée.")
    return redirect(url_for(".index"), 303)
