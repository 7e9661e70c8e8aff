"""create_app(): configuration, extensions, blueprints, and the life of a request."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Flask, abort, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from redis import Redis
from werkzeug import Response
from werkzeug.middleware.proxy_fix import ProxyFix

import app.conventions.jobs
import app.core.housekeeping
import app.core.mail
import app.reciprocity.jobs
import app.tenants.jobs  # noqa: F401 these imports register the jobs
from app import cli
from app.conventions import routes as conventions
from app.core import csp, health, jobs, logs, pages, services
from app.core.access import is_public, needs_fresh, public
from app.core.config import Settings, load_settings
from app.core.db import db, enter_tenant, leave_tenant
from app.core.limits import limiter
from app.core.sessions import ServerSessions
from app.reciprocity import routes as reciprocity
from app.tenants import queries as tenants_queries
from app.tenants import routes as tenants
from app.tenants import security


def create_app(settings: Settings | None = None) -> Flask:
    """The application; `settings` default to the environment's."""
    settings = settings or load_settings()
    logs.configure_logs(settings.log_level)
    app = Flask(__name__, template_folder="../templates")
    _configure(app, settings)
    _extend(app, settings)
    pages.install(app)
    csp.protect(app)
    health.watch(app)
    _route(app)
    _live(app)
    _guard(app)
    cli.register(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.from_mapping(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        MAX_CONTENT_LENGTH=settings.verify_max_bytes,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        TESTING=settings.environment == "test",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open over lunch still works
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_DEFAULT_TIMEZONE="Europe/Paris",
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_ENABLED=settings.environment != "test",
    )
    app.config.from_mapping(security.configuration(settings))
    app.session_interface = ServerSessions()
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )


def _extend(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    Babel(app)
    limiter.init_app(app)
    app.extensions["queue"] = jobs.make_queue(
        Redis.from_url(settings.redis_url, socket_connect_timeout=2)
    )
    services.install(app, settings)
    security.install(app)


def _route(app: Flask) -> None:
    @app.get("/", endpoint="home")
    @public
    def home() -> ResponseReturnValue:
        return security.send_home()

    for view in (health.live, health.ready, health.metrics):
        public(view)
    app.register_blueprint(health.bp)
    for blueprint in (*tenants.BLUEPRINTS, *conventions.BLUEPRINTS, *reciprocity.BLUEPRINTS):
        app.register_blueprint(blueprint)
    app.jinja_env.globals["menu"] = _menu


@dataclass(frozen=True)
class Entry:
    """One place of the menu."""

    label: str
    icon: str
    endpoint: str
    wide_only: bool = False
    network_only: bool = False
    for_funders: bool = True
    also: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Its address in the current organisation."""
        return url_for(self.endpoint)

    @property
    def current(self) -> bool:
        """Whether the page shown belongs to it."""
        return request.blueprint in {self.endpoint.split(".")[0], *self.also}


HOURS = tuple(blueprint.name for blueprint in reciprocity.BLUEPRINTS)
MENU = (
    Entry("Accueil", "house", "accueil.show"),
    Entry("Heures", "arrow-left-right", "hours.show", for_funders=False, also=HOURS),
    Entry("Bulles", "geo-alt", "bulles.index", wide_only=True),
    Entry("Conventions", "file-earmark-text", "conventions.index", also=("received",)),
    Entry("Modèles", "journal-text", "types.index", wide_only=True, also=("clauses",)),
    Entry("Organisations", "people", "register.index", wide_only=True, network_only=True),
    Entry("Équipe", "person-lines-fill", "members.index", wide_only=True),
)


def _menu() -> list[Entry]:
    """The menu of the current organisation."""
    return [
        entry
        for entry in MENU
        if (g.tenant.is_network or not entry.network_only)
        and (entry.for_funders or not g.tenant.is_funder)
    ]


def _live(app: Flask) -> None:
    app.url_value_preprocessor(_take_slug)
    app.url_defaults(_give_slug)
    app.before_request(_enter)
    app.after_request(_commit)
    app.teardown_request(_leave)
    app.context_processor(_context)


def _guard(app: Flask) -> None:
    # After _enter: a form sent once the session has ended leads to the door, not to the page of an error.
    csrf = CSRFProtect(app)
    # A browser never sends a program's key by itself: there is nothing to forge.
    csrf.exempt(reciprocity.api.bp)


def _take_slug(endpoint: str | None, values: dict[str, object] | None) -> None:
    g.slug = values.pop("slug", None) if values else None


def _give_slug(endpoint: str, values: dict[str, object]) -> None:
    if g.get("slug") and current_app.url_map.is_endpoint_expecting(endpoint, "slug"):
        values.setdefault("slug", g.slug)


def _enter() -> ResponseReturnValue | None:
    """Tenant from the URL, then the person, then membership or 404, then the actor."""
    g.actor = g.tenant = None
    structlog.contextvars.bind_contextvars(request=pages.incident(), tenant=g.slug)
    if request.endpoint is None or request.endpoint == "static" or request.blueprint == "security":
        return None
    view = current_app.view_functions[request.endpoint]
    if g.slug:
        g.tenant = tenants_queries.get_tenant_by_slug(g.slug)
    if not is_public(view):
        refusal = _refuse_strangers() or (
            security.ask_again() if needs_fresh(view) and not security.is_fresh() else None
        )
        if refusal:
            return refusal
    if g.tenant:
        g.tenant_token = enter_tenant(g.tenant.id)
    return None


def _refuse_strangers() -> ResponseReturnValue | None:
    person = security.person()
    if person is None:
        return security.send_to_door()
    g.actor = security.actor(person, g.tenant)
    if g.tenant and g.actor is None:
        abort(404)
    return None


def _commit(response: Response) -> Response:
    # A refused code is a fact to keep, though its page is an error.
    if response.status_code < 400 or g.get("keeps_refusal"):
        db.session.commit()
    else:
        db.session.rollback()
    return response


def _leave(error: BaseException | None) -> None:
    if token := g.pop("tenant_token", None):
        leave_tenant(token)
    structlog.contextvars.clear_contextvars()


def _context() -> dict[str, object]:
    return {"actor": g.get("actor"), "tenant": g.get("tenant")}
