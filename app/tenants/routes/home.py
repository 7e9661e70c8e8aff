"""The home of an organisation: the next thing to do, then what goes on. And the menu of a phone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.core import home
from app.core.db import db
from app.core.home import Section, Task
from app.core.permissions import Actor
from app.tenants import policies, queries
from app.tenants.routes.drawings import place_points

bp = Blueprint("accueil", __name__, url_prefix="/<slug>")
SHOWN = 4
"""The first task and three more; the rest stand on their own page."""


@bp.get("/")
def show() -> ResponseReturnValue:
    """The home: of the network for Ocytocines, of one organisation for the others."""
    tasks = home.list_tasks(g.actor)
    shown = {"tasks": tasks[:SHOWN], "others": len(tasks[SHOWN:]), "sections": _draw_sections()}
    draw = _draw_network if g.actor.is_network else _draw_tenant
    return draw(**shown, **_rights())


def _draw_network(**shown: Any) -> str:
    bulles = list(db.session.scalars(queries.list_bulles(sort="-etape")))
    return render_template(
        "tenants/home/network.html",
        bulles=bulles,
        points=place_points(bulles),
        can_open=policies.can_open_bulles(g.actor),
        **shown,
    )


def _draw_tenant(**shown: Any) -> str:
    run = queries.list_run_bulles(g.tenant.id)
    return render_template("tenants/home/tenant.html", run=run, **shown)


def _rights() -> dict[str, bool]:
    return {
        "can_see_journal": policies.can_see_journal(g.actor),
        "can_see_jobs": policies.can_see_jobs(g.actor),
    }


def _draw_sections() -> list[Markup]:
    sections = home.list_sections(g.actor)
    return [Markup(render_template(s.template, **s.context)) for s in sections]  # noqa: S704 ours


@bp.get("/taches")
def tasks() -> ResponseReturnValue:
    """Everything that awaits the person."""
    return render_template("tenants/home/tasks.html", tasks=home.list_tasks(g.actor))


@bp.get("/menu")
def menu() -> ResponseReturnValue:
    """Every place of the organisation: what a phone's bar has no room for."""
    return render_template("tenants/home/menu.html", **_rights())


@home.gives_tasks
def list_team_tasks(actor: Actor) -> list[Task]:
    """Alone in the organisation: invite the others."""
    if not policies.can_manage_people(actor) or len(queries.list_memberships(actor.tenant_id)) > 1:
        return []
    return [
        Task(
            rank=50,
            title="Invitez votre équipe",
            detail="Vous êtes la seule personne de cet espace. Inviter prend une minute.",
            button="Inviter une personne",
            url=url_for("members.index"),
        )
    ]


@home.gives_tasks
def list_sheet_tasks(actor: Actor) -> list[Task]:
    """The sheets of one's Bulles that lack an address, a place on the map or the access."""
    return [
        Task(
            rank=40,
            title=f"Complétez la fiche « {bulle.name} »",
            detail="Les voisins ont besoin de l’adresse et de savoir comment entrer.",
            button="Compléter la fiche",
            url=url_for("bulles.location", bulle_id=bulle.id),
        )
        for bulle in queries.list_run_bulles(actor.tenant_id)
        if policies.can_edit_bulle(actor, bulle) and not bulle.is_complete
    ]


@home.gives_section
def show_bulles(actor: Actor) -> Section | None:
    """The Bulles that the organisation runs, and those where it acts."""
    run = queries.list_run_bulles(actor.tenant_id)
    joined = queries.list_joined_bulles(actor.tenant_id)
    if actor.is_network or not (run or joined):
        return None
    return Section("tenants/home/_bulles.html", {"run": run, "joined": joined})


@home.gives_section
def show_team(actor: Actor) -> Section | None:
    """Who is in the team."""
    team = queries.list_memberships(actor.tenant_id)
    return None if actor.is_network else Section("tenants/home/_team.html", {"team": team})
