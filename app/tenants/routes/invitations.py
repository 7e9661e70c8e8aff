"""The personal link of an invitation. The link is the proof: it came to the address that was invited."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user, hash_password, login_user

from app.core.access import public
from app.core.answers import attempt, show_form
from app.core.limits import throttled
from app.tenants import commands, queries
from app.tenants.forms.people import AcceptanceForm, JoiningForm
from app.tenants.models import Invitation, User
from app.tenants.routes.me import me

bp = Blueprint("invitations", __name__, url_prefix="/<slug>/invitation")
PAGES = "tenants/members/"


@bp.route("/<uuid:invitation_id>/<token>", methods=["GET", "POST"])
@public
@throttled("20 per 10 minutes")
def show(invitation_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """Join the team: with one button for who has an account, by giving a name for who has none."""
    invitation = queries.open_invitation(g.tenant.id, invitation_id, token)
    if not invitation.is_open:
        return render_template(PAGES + "invitation_closed.html", invitation=invitation), 410
    signed_in = me() if current_user.is_authenticated else None
    if signed_in and signed_in.email_digest != invitation.email_digest:
        return render_template(PAGES + "invitation_other.html", person=signed_in), 403
    known = signed_in or queries.find_user(invitation.email)
    return _join_known(invitation, known) if known else _join_new(invitation)


def _join_known(invitation: Invitation, user: User) -> ResponseReturnValue:
    form = JoiningForm()
    joined = attempt(form, lambda: commands.accept_invitation(invitation.id, user))
    if joined is None:
        return show_form(PAGES + "invitation_known.html", form, invitation=invitation)
    flash(f"Vous faites maintenant partie de l’équipe : {g.tenant.name}.")
    # The link proves the address for the team, not the account: its own door stays to be opened.
    return redirect(url_for("accueil.show"), 303)


def _join_new(invitation: Invitation) -> ResponseReturnValue:
    form = AcceptanceForm(name=invitation.name, address=invitation.email)

    def join() -> User:
        secret = hash_password(form.password.data) if form.password.data else None
        user = commands.create_person(invitation, form.name.data, secret)
        commands.accept_invitation(invitation.id, user)
        return user

    user = attempt(form, join)
    if user is None:
        return show_form(PAGES + "invitation_new.html", form, invitation=invitation)
    login_user(user, authn_via=["invitation"])
    flash(f"Bienvenue dans l’espace de {g.tenant.name}.")
    return redirect(url_for("accueil.show"), 303)
