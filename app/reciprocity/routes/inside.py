"""What every page of a member's own space shares: the personal link that opens it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from app.reciprocity.commands.links import LinkRefused, Space, open_space

PLACE = "/<slug>/mon-espace/<uuid:link_id>/<token>"


def inside(name: str, module: str, under: str = "") -> Blueprint:
    """A blueprint whose pages open with a personal link; they read space()."""
    bp = Blueprint(name, module, url_prefix=PLACE + under)
    bp.url_value_preprocessor(_take_link)
    bp.url_defaults(_give_link)
    bp.before_request(_open)
    bp.register_error_handler(LinkRefused, refuse)
    bp.context_processor(lambda: {"space": g.get("space")})
    return bp


def space() -> Space:
    """The space that the link of this request opened."""
    found: Space = g.space
    return found


def _take_link(endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.personal_link = {name: values.pop(name) for name in ("link_id", "token")} if values else {}


def _give_link(endpoint: str, values: dict[str, Any]) -> None:
    for name, value in g.get("personal_link", {}).items():
        values.setdefault(name, value)


def _open() -> None:
    g.space = open_space(**g.personal_link)


def refuse(refusal: LinkRefused) -> ResponseReturnValue:
    """The page of a link that does not open."""
    return render_template("reciprocity/space/closed.html", sentence=refusal.message), 410
