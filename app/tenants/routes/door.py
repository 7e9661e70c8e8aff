"""The door: links that sign in, and the codes that prove it is still the same person."""

from __future__ import annotations

import re
import time
import uuid
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import Security, login_user

from app.core.access import public
from app.core.errors import DomainError
from app.core.limits import account, throttled
from app.tenants import commands, queries
from app.tenants.forms.door import CodeForm, LinkForm
from app.tenants.models import User
from app.tenants.routes.me import me

bp = Blueprint("door", __name__)

# Browsers read "//", "/\\" and "/<tab>/" as another site.
OUR_PATH = re.compile(r"/(?![/\\])[^\\\s]*")


@bp.post("/connexion/lien")
@public
@throttled("5 per 10 minutes", account)
@throttled("30 per 10 minutes")
def send_link() -> ResponseReturnValue:
    """Ask for a link that signs in."""
    form = LinkForm()
    if not form.validate_on_submit():
        return render_template("security/lien.html", form=form), 422
    commands.ask_sign_in_link(form.email.data, _inside(form.next.data))
    return redirect(url_for("door.link_sent"), 303)


@bp.get("/connexion/lien")
@public
def link_sent() -> ResponseReturnValue:
    """The same answer whether or not the address is known."""
    return render_template("security/lien_envoye.html")


@bp.get("/connexion/lien/<uuid:proof_id>/<token>")
@public
def open_link(proof_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """One button: mail programs open links by themselves, only a person presses."""
    proof = queries.find_proof(proof_id)
    works = proof is not None and queries.opens(proof, token)
    return render_template("security/lien_ouvert.html", works=works), 200 if works else 410


@bp.post("/connexion/lien/<uuid:proof_id>/<token>")
@public
@throttled("30 per 10 minutes")
def use_link(proof_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """Sign in, or go on to the second proof when the person asked for one."""
    try:
        user = commands.open_sign_in_link(proof_id, token)
    except DomainError:
        return render_template("security/lien_ouvert.html", works=False), 410
    return enter(user, "email", _inside(request.args.get("next")))


def enter(user: User, proof: str, next_url: str) -> ResponseReturnValue:
    """Sign in someone who gave a first proof; the second one first, when they have one."""
    security: Security = current_app.extensions["security"]
    second = security.two_factor_plugins.tf_enter(user, False, proof, next_loc=next_url)
    if second:
        return cast(ResponseReturnValue, second)
    login_user(user, authn_via=[proof])
    return redirect(next_url or url_for("home"), 303)


@bp.post("/compte/verification/envoi")
@throttled("5 per 10 minutes")
def send_code() -> ResponseReturnValue:
    """Send a code to the signed-in person."""
    commands.send_verification_code(me())
    return redirect(
        url_for("door.code", way="courriel", next=_inside(request.args.get("next"))), 303
    )


@bp.route("/compte/verification/<any(courriel, application):way>", methods=["GET", "POST"])
@throttled("10 per 10 minutes")
def code(way: str) -> ResponseReturnValue:
    """The code received by e-mail, or read in the application."""
    form = CodeForm(next=request.args.get("next"))
    if form.validate_on_submit() and _proves(form, way):
        session["fs_paa"] = time.time()
        return redirect(_inside(form.next.data) or url_for("home"), 303)
    page = render_template("security/code.html", form=form, way=way)
    return page, 422 if form.errors else 200


def _proves(form: CodeForm, way: str) -> bool:
    try:
        if way == "application":
            _check_app_code(form.code.data)
        else:
            commands.use_verification_code(me(), form.code.data)
    except DomainError as error:
        form.code.errors = [error.message]
        return False
    return True


def _check_app_code(digits: str) -> None:
    totp = current_app.extensions["security"].totp_factory
    secret = me().tf_totp_secret
    if not secret or not totp.verify_totp(digits, secret, me(), window=30):
        raise DomainError(commands.WRONG_CODE)


def _inside(address: str | None) -> str:
    """The page to go back to, when it is one of ours."""
    return address if address and OUR_PATH.fullmatch(address) else ""
