"""The place « Les heures », and what the hours add to the home of the organisation."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from app.core.clock import today
from app.core.home import Section, gives_section
from app.core.permissions import Actor, authorize
from app.core.text import MONTHS
from app.reciprocity import policies
from app.reciprocity.queries.accounts import find_ledger
from app.reciprocity.queries.exchanges import list_latest, sum_exchanges

bp = Blueprint("hours", __name__, url_prefix="/<slug>/heures")
LATEST = 8


@bp.get("/")
def show() -> ResponseReturnValue:
    """What one does with the hours: note an exchange first."""
    authorize(policies.can_read(g.actor))
    opened = find_ledger() is not None
    return render_template(
        "reciprocity/index.html",
        opened=opened,
        lines=list_latest(LATEST) if opened else [],
        can_record=policies.can_record(g.actor),
        can_manage=policies.can_manage(g.actor),
    )


@gives_section
def show_hours(actor: Actor) -> Section | None:
    """How many hours were exchanged this month; nothing before a register is open."""
    if not policies.can_read(actor):
        return None
    first = today().replace(day=1)
    minutes = sum_exchanges(first)
    if minutes is None:
        return None
    context = {"minutes": minutes, "month": MONTHS[first.month - 1]}
    return Section("reciprocity/_home.html", context)
