"""The person's own account: name, ways of signing in, open sessions; and the list of their organisations."""

from __future__ import annotations

import uuid
from typing import cast

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from app.core.access import fresh
from app.core.answers import show_form
from app.core.sessions import ServerSession, list_sessions
from app.tenants import commands, queries
from app.tenants.forms.people import NameForm
from app.tenants.models import Membership
from app.tenants.routes.me import me

bp = Blueprint("account", __name__, url_prefix="/compte")
picker = Blueprint("picker", __name__)

# In this order: every browser says it is Mozilla, most say they are Chrome or Safari too.
BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


@picker.get("/organisations")
def index() -> ResponseReturnValue:
    """Which organisation to work in."""
    memberships = queries.list_own_memberships(me().id)
    places = [_place(membership) for membership in memberships]
    return render_template("tenants/account/picker.html", person=me(), places=places)


@bp.route("/", methods=["GET", "POST"])
def show() -> ResponseReturnValue:
    """Who I am here."""
    person = me()
    form = NameForm(name=person.name)
    if not form.validate_on_submit():
        memberships = queries.list_own_memberships(person.id)
        return show_form("tenants/account/show.html", form, person=person, memberships=memberships)
    commands.rename(person, form.name.data)
    flash("Votre nom est à jour.")
    return redirect(url_for(".show"), 303)


@bp.get("/securite")
def security() -> ResponseReturnValue:
    """How I sign in, and where I am signed in."""
    person = me()
    return render_template(
        "tenants/account/security.html",
        person=person,
        sessions=[(row, name_device(row.user_agent)) for row in list_sessions(person.id)],
        current_id=_current_id(),
    )


@bp.post("/securite/sessions/<uuid:session_id>/fin")
@fresh
def end_session(session_id: uuid.UUID) -> ResponseReturnValue:
    """Sign out of one device."""
    commands.end_session(me().id, session_id)
    flash("Cet appareil est déconnecté.")
    return redirect(url_for(".security"), 303)


@bp.post("/securite/sessions/fin")
@fresh
def end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    commands.end_other_sessions(me().id, keep=_current_id())
    flash("Vos autres appareils sont déconnectés.")
    return redirect(url_for(".security"), 303)


def name_device(user_agent: str) -> str:
    """A browser and a system, in words that people know: « Firefox sur Android »."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "Navigateur inconnu")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{browser} sur {system}" if system else browser


def _place(membership: Membership) -> dict[str, str]:
    home = url_for("accueil.show", slug=membership.tenant.slug)
    return {"nom": membership.tenant.name, "note": membership.roles_label, "url": home}


def _current_id() -> uuid.UUID | None:
    return cast(ServerSession, session).row_id
