"""Signing in: Flask-Security on our people, what the rest of the application asks of it."""

from __future__ import annotations

import time
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import Security, current_user

from app.core.permissions import Actor
from app.tenants import queries
from app.tenants.forms.door import FORMS, LinkForm
from app.tenants.models import Tenant, User
from app.tenants.security import hooks
from app.tenants.security.configuration import FORM_GRACE, FRESHNESS, configuration
from app.tenants.security.mailer import PostedMail
from app.tenants.security.pages import render_page
from app.tenants.security.passkeys import OurPasskeys
from app.tenants.security.passwords import FrenchPasswordUtil
from app.tenants.security.store import OnceTotp, PeopleStore

SESSION_OVER = (
    "Votre connexion s’est terminée, et rien n’est noté. Connectez-vous : vous retrouverez la page où vous"
    " étiez."
)

__all__ = [
    "actor",
    "ask_again",
    "configuration",
    "install",
    "is_fresh",
    "person",
    "send_home",
    "send_to_door",
]


def install(app: Flask) -> None:
    """Bring Flask-Security up: our people, passwords, codes, mails and pages; no JSON, no tokens."""
    security = Security(
        app,
        PeopleStore(),
        mail_util_cls=PostedMail,
        password_util_cls=FrenchPasswordUtil,
        totp_cls=OnceTotp,
        webauthn_util_cls=OurPasskeys,
        render_template=render_page,
        **FORMS,
    )
    security.want_json(lambda _: False)
    security.unauthn_handler(lambda *_, **__: send_to_door())
    security.reauthn_handler(lambda *_: ask_again())
    security.login_manager.request_loader(lambda _: None)
    security.context_processor(lambda: {"person": person()})
    security.login_context_processor(lambda: {"link_form": LinkForm()})
    hooks.install(app)


def person() -> User | None:
    """Who is signed in: one query, made once a request."""
    return current_user._get_current_object() if current_user.is_authenticated else None


def actor(who: User, tenant: Tenant | None) -> Actor | None:
    """The person as an actor in an organisation, with the roles of this very moment; None when they
    are not of the team, or when there is no organisation."""
    membership = queries.find_membership(who.id, tenant.id) if tenant else None
    if tenant is None or membership is None:
        return None
    return Actor(
        tenant_id=tenant.id,
        name=who.display_name,
        user_id=who.id,
        roles=frozenset(membership.roles),
        is_network=tenant.is_network,
    )


def is_fresh() -> bool:
    """Whether the person proved who they are minutes ago. What was opened in time may still be sent."""
    limit = FRESHNESS if request.method == "GET" else FRESHNESS + FORM_GRACE
    proved_at = float(session.get("fs_paa", 0))
    return 0 <= time.time() - proved_at < limit.total_seconds()


def ask_again() -> ResponseReturnValue:
    """To the page that asks for a proof again, and back to where the person was."""
    return redirect(url_for("security.verify", next=_page_wanted()), 303)


def send_to_door() -> ResponseReturnValue:
    """To the page where one signs in, and back to where the person was; what they sent is not kept."""
    if request.method == "POST":
        flash(SESSION_OVER, "error")
    return redirect(url_for("security.login", next=_page_wanted()))


def _page_wanted() -> str:
    """The path of the page that is asked for, or of the one whose form was sent."""
    if request.method != "POST":
        return request.full_path.rstrip("?")
    form = urlsplit(request.referrer or "")
    return urlunsplit(("", "", form.path, form.query, "")) if form.netloc == request.host else "/"


def send_home() -> ResponseReturnValue:
    """To the person's only organisation, to their list of organisations, or to the door."""
    who = person()
    if who is None:
        return redirect(url_for("security.login"))
    memberships = queries.list_own_memberships(who.id)
    if len(memberships) == 1:
        return redirect(url_for("accueil.show", slug=memberships[0].tenant.slug))
    return redirect(url_for("picker.index"))
