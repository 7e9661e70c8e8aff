"""What every template can use, and the French pages of every error."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import structlog
from flask import Flask, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2 import Environment, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup
from sqlalchemy.exc import DataError, NoResultFound, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import MapAdapter

from app.core.clock import now, today
from app.core.config import settings
from app.core.csp import csp_nonce
from app.core.errors import DomainError, ServiceUnavailable
from app.core.permissions import Forbidden
from app.core.problems import is_for_a_program, tell_problem
from app.core.text import FILTERS, typography

log = structlog.get_logger(__name__)

NOTHING_LOST = "Rien n’a été perdu."
UNREADABLE = "Une des valeurs n’est pas lisible. Vérifiez-les, puis recommencez."
"""Said of what PostgreSQL cannot read: a number too large for it, a character that it does not store."""
ERRORS = {
    400: ("Cette page a trop attendu", "Revenez en arrière, rechargez la page et recommencez."),
    401: ("Il faut vous connecter", "Connectez-vous, puis recommencez."),
    403: (
        "Vous ne pouvez pas faire cela ici",
        "Votre rôle ne le permet pas. Demandez à la personne qui administre votre espace.",
    ),
    404: (
        "Nous ne trouvons pas cette page",
        (
            "L’adresse est peut-être incomplète. Ou bien cette page appartient à une organisation"
            " dont vous ne faites pas partie."
        ),
    ),
    405: ("Cette page ne s’ouvre pas ainsi", "Revenez à la page d’avant et utilisez ses boutons."),
    409: (
        "Quelqu’un a changé cette page pendant ce temps",
        "Rouvrez la page pour voir ce qui a changé, puis recommencez.",
    ),
    413: ("Ce fichier est trop lourd", "Choisissez un fichier plus léger."),
    422: ("Nous n’avons pas pu faire cela", ""),
    429: ("Trop d’essais en peu de temps", "Attendez quelques minutes, puis recommencez."),
    500: (
        "Quelque chose n’a pas marché de notre côté",
        "Nous sommes prévenus. Vous pouvez réessayer dans un moment.",
    ),
    503: ("Un service ne répond pas", "Réessayez dans quelques minutes."),
}


class FrenchTypography(Extension):
    """Gives the words of the templates their non-breaking spaces, once, when they are compiled."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The same tokens, the text and the sentences among them spaced as French is."""
        for token in stream:
            if token.type in {"data", "string"}:
                yield Token(token.lineno, token.type, typography(token.value))
            else:
                yield token


def install(app: Flask) -> None:
    """Filters, globals and error pages."""
    dress(app.jinja_env)
    app.jinja_env.globals.update(
        asset=asset, csp_nonce=csp_nonce, today=today, now=now, settings=settings
    )
    app.register_error_handler(Exception, _show_error)


def dress(environment: Environment) -> None:
    """How our templates are read: nothing undefined, French spacing, the filters of the house."""
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.add_extension(FrenchTypography)
    environment.filters.update(FILTERS, typo=_typo)


def _typo(words: object) -> object:
    """French spacing for a sentence that comes from the code; what is already HTML is left alone."""
    return words if isinstance(words, Markup) else typography(str(words))


def asset(name: str) -> str:
    """The address of a bundled asset: its hashed name comes from the bundle's manifest."""
    return url_for("static", filename=f"build/{_manifest()[name]}")


@lru_cache
def _manifest() -> dict[str, str]:
    path = Path(current_app.static_folder or "") / "build" / "manifest.json"
    manifest: dict[str, str] = json.loads(path.read_text())
    return manifest


def public_url(endpoint: str, **values: object) -> str:
    """An absolute address for mails and documents, also outside a request."""
    scheme, _, host = settings().public_url.rstrip("/").partition("://")
    adapter: MapAdapter = current_app.url_map.bind(host, url_scheme=scheme)
    return adapter.build(endpoint, values, force_external=True)


def incident() -> str:
    """The number of this request, short enough to be read on the phone."""
    if "incident" not in g:
        number = secrets.token_hex(4).upper()
        g.incident = f"{number[:4]}-{number[4:]}"
    found: str = g.incident
    return found


def _show_error(error: Exception) -> ResponseReturnValue:
    error = getattr(error, "original_exception", None) or error
    status, sentence = _status(error)
    title, advice = ERRORS.get(status, ERRORS[500])
    if status >= 500:
        log.error("request failed", incident=incident(), exc_info=error)
    if is_for_a_program():
        return tell_problem(status, sentence or f"{title}.")
    context = {
        "status": status,
        "titre": title,
        "phrase": sentence or advice,
        "conseil": "" if status == 404 else NOTHING_LOST,
        "numero": incident(),
        "retour_url": request.referrer if _is_ours(request.referrer) else url_for("home"),
    }
    render = _render_bare if status >= 500 else render_template
    return render("errors/error.html", **context), status


def _render_bare(template: str, **context: object) -> str:
    """The page of a failure: it asks nothing of the session or the database, which may be what failed."""
    nothing: dict[str, object] = {
        "tenant": None,
        "actor": None,
        "get_flashed_messages": lambda **_: [],
    }
    return current_app.jinja_env.get_template(template).render(context | nothing)


def _status(error: Exception) -> tuple[int, str]:
    match error:
        case DomainError() | DataError():
            return 422, getattr(error, "message", UNREADABLE)
        case NoResultFound():
            return 404, ""
        case Forbidden():
            return 403, ""
        case StaleDataError():
            return 409, ""
        case ServiceUnavailable() | OperationalError():
            return 503, ""
        case CSRFError():
            return 400, ""
        case HTTPException():
            return error.code or InternalServerError.code, ""
        case _:
            return 500, ""


def _is_ours(address: str | None) -> bool:
    return bool(address) and str(address).startswith(request.host_url)
