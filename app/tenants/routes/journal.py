"""The journal of an organisation: who did what, when."""

from __future__ import annotations

import uuid

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from app.core.answers import download, page_number
from app.core.audit import AuditEvent, list_events
from app.core.clock import paris
from app.core.db import db
from app.core.listing import paginate
from app.core.permissions import authorize
from app.tenants import policies

bp = Blueprint("journal", __name__, url_prefix="/<slug>/journal")
HEADER = ("Jour et heure (Paris)", "Qui", "Quoi", "Sur quoi")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Every event, or those of one thing (`?sujet=`), newest first."""
    authorize(policies.can_see_journal(g.actor))
    subject_id = request.args.get("sujet", type=uuid.UUID)
    statement = list_events(subject_id=subject_id, q=request.args.get("q", ""))
    if "format" in request.args:
        return download("Journal", HEADER, map(_cells, db.session.scalars(statement)))
    page = paginate(statement, page_number())
    return render_template("tenants/journal/index.html", page=page, one_subject=bool(subject_id))


def _cells(event: AuditEvent) -> tuple[str, ...]:
    at = paris(event.at).strftime("%Y-%m-%d %H:%M:%S")
    return at, event.actor_name, event.sentence, event.subject_label
