"""The place « Les heures », and what the hours add to the home of the organisation."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, g, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core.clock import now, today
from app.core.home import Section, Task, gives_section, gives_tasks
from app.core.permissions import Actor, authorize
from app.core.text import MONTHS, plural
from app.reciprocity import policies
from app.reciprocity.models.few import add_up
from app.reciprocity.queries.accounts import find_ledger
from app.reciprocity.queries.exchanges import list_latest
from app.reciprocity.queries.figures import map_bulles
from app.reciprocity.queries.holds import count_for_team, count_waiting

bp = Blueprint("hours", __name__, url_prefix="/<slug>/heures")
LATEST = 8
PATIENCE = timedelta(days=3)
"""How long a member is left to confirm by themselves."""


@bp.get("/")
def show() -> ResponseReturnValue:
    """What one does with the hours: note an exchange first."""
    authorize(policies.can_read(g.actor))
    opened = find_ledger() is not None
    return render_template(
        "reciprocity/index.html",
        opened=opened,
        lines=list_latest(LATEST) if opened else [],
        waiting=count_waiting(),
        can_record=policies.can_record(g.actor),
        can_manage=policies.can_manage(g.actor),
        can_manage_themes=policies.can_manage_categories(g.actor),
    )


@gives_tasks
def await_confirmations(actor: Actor) -> list[Task]:
    """Members who said what they gave, and whom nobody has answered for days, or nobody but the team can."""
    count = count_for_team(now() - PATIENCE) if policies.can_record(actor) else 0
    if not count:
        return []
    return [
        Task(
            rank=35,
            title=f"{plural(count, 'échange')} à confirmer",
            detail="Demandez à la personne qui a reçu, ou répondez pour elle.",
            button="Voir les demandes",
            url=url_for("requests.index"),
        )
    ]


@gives_section
def show_hours(actor: Actor) -> Section | None:
    """How many hours were exchanged this month; nothing before a register is open."""
    if not policies.can_read(actor) or find_ledger() is None:
        return None
    first = today().replace(day=1)
    told = add_up(map_bulles(first, today()).values()).told(for_team=policies.can_record(actor))
    context = {"told": told, "month": MONTHS[first.month - 1]}
    return Section("reciprocity/_home.html", context)
