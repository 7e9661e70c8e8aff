"""Is it alive (`/sante`), can it work (`/pret`), how does it go (`/metrics`)."""

from __future__ import annotations

import os
import time

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.core import jobs
from app.core.config import settings
from app.core.crypto import same
from app.core.db import db

LATE_SECONDS = 300.0
LATENCY = Histogram("bulles_request_seconds", "Time of a request", ["endpoint", "status"])
LAG = Gauge("bulles_outbox_lag_seconds", "Age of the oldest due job", multiprocess_mode="max")

bp = Blueprint("health", __name__)


@bp.get("/sante")
def live() -> ResponseReturnValue:
    """The process answers."""
    return {"etat": "vivant"}


@bp.get("/pret")
def ready() -> ResponseReturnValue:
    """The database and Redis answer, and no job has been waiting for long."""
    checks = {"base": _database(), "redis": _redis(), "travaux": _outbox()}
    return checks, 200 if all(checks.values()) else 503


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Prometheus figures; behind METRICS_TOKEN when it is set, else for loopback only."""
    token = settings().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and not same(given, token.get_secret_value()):
        abort(404)
    if not token and request.remote_addr not in {"127.0.0.1", "::1"}:
        abort(404)
    LAG.set(jobs.outbox_lag())
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def watch(app: Flask) -> None:
    """Time every request."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def stop(response: Response) -> Response:
        endpoint = request.endpoint or "unknown"
        spent = time.perf_counter() - g.get("started", time.perf_counter())
        LATENCY.labels(endpoint, response.status_code).observe(spent)
        return response


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _database() -> bool:
    try:
        return db.session.scalar(sa.select(1)) == 1
    except SQLAlchemyError:
        db.session.rollback()
        return False


def _redis() -> bool:
    try:
        return bool(current_app.extensions["queue"].connection.ping())
    except RedisError:
        return False


def _outbox() -> bool:
    try:
        return jobs.outbox_lag() < LATE_SECONDS
    except SQLAlchemyError:
        return False
