"""The mails of a demonstration, shown instead of being sent. Never in production."""

from __future__ import annotations

import re
from email.message import EmailMessage

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from app.core.access import public
from app.core.config import settings
from app.core.gateways.mail import FolderMail

bp = Blueprint("courrier", __name__, url_prefix="/courrier")
ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """Every mail, newest first."""
    return render_template("tenants/courrier/index.html", mails=list(_folder().read()))


@bp.get("/<name>")
@public
def show(name: str) -> ResponseReturnValue:
    """One mail, its addresses as links."""
    mail = next((mail for known, mail in _folder().read() if known == name), None)
    if mail is None:
        abort(404)
    return render_template("tenants/courrier/show.html", mail=mail, text=_link(_text(mail)))


def _folder() -> FolderMail:
    gateway = current_app.extensions["mail_gateway"]
    if settings().environment == "production" or not isinstance(gateway, FolderMail):
        abort(404)
    return gateway


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


def _link(text: str) -> Markup:
    """The text, escaped first; then nothing but its web addresses becomes markup."""
    linked = ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', str(escape(text)))
    return Markup(linked.replace("\n", "<br>\n"))  # noqa: S704 escaped above, and an escaped address has no quote left
