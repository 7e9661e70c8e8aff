"""One hour, one regime: hours volunteered or paid, and the sums of each regime, which share no hour."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.db import db, new_id
from app.core.listing import paginate
from app.core.permissions import authorize
from app.core.text import duration
from app.reciprocity import policies
from app.reciprocity.commands.hours import declare_hours, void_hours
from app.reciprocity.forms.exchanges import read_number
from app.reciprocity.forms.hours import HoursForm, read_filter, read_period
from app.reciprocity.forms.keys import read_key
from app.reciprocity.models import REGIME_LABELS, Member, Regime, TimeRecord
from app.reciprocity.models.few import Tally, tell
from app.reciprocity.queries import hours as queries
from app.reciprocity.queries.exchanges import list_people
from app.reciprocity.queries.members import find_member_of

bp = Blueprint("regimes", __name__, url_prefix="/<slug>/heures/regimes")
HEADER = ("Jour", "Début", "Minutes", "Qui", "Régime", "Activité")
REPORT_HEADER = ("Mois", *(f"{REGIME_LABELS[regime]}, en minutes" for regime in Regime))


@bp.get("/")
def index() -> ResponseReturnValue:
    """The hours volunteered or paid, searched and filtered."""
    authorize(policies.can_read(g.actor))
    statement = queries.list_records(read_filter(request.args), request.args.get("tri", "-date"))
    if "format" in request.args:
        rows = db.session.execute(statement)
        return download("Heures", HEADER, (_cells(*row) for row in rows))
    return render_template(
        "reciprocity/hours/index.html",
        page=paginate(statement, page_number(), entities=False),
        regimes=[(regime.value, REGIME_LABELS[regime]) for regime in queries.DECLARED],
        can_record=policies.can_record(g.actor),
    )


@bp.get("/bilan")
def report() -> ResponseReturnValue:
    """The sums of each regime over a period; what few people did is the team's alone to see."""
    authorize(policies.can_read(g.actor))
    is_team = policies.can_record(g.actor)
    period = read_period(request.args, for_team=is_team)
    columns = [tell(c, for_team=is_team) for c in queries.map_months(period).values()]
    months = [(first, [column[first] for column in columns]) for first in columns[0]]
    if "format" in request.args:
        rows = ((first.strftime("%Y-%m"), *map(_minutes, sums)) for first, sums in months)
        return download("Heures par régime", REPORT_HEADER, rows)
    totals = queries.map_totals(period).items()
    return render_template(
        "reciprocity/hours/report.html",
        period=period,
        is_team=is_team,
        labels=REGIME_LABELS,
        totals=[(regime, total.told(for_team=is_team)) for regime, total in totals],
        months=months,
        activities=tell(queries.map_activities(period), for_team=is_team),
    )


@bp.route("/nouveau", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Note hours that someone volunteered, or was paid for."""
    authorize(policies.can_record(g.actor))
    args = request.args
    if "membre" not in args:
        q = args.get("nom", "").strip()
        return render_template("reciprocity/hours/who.html", q=q, people=list_people(q))
    member, key = _member(args["membre"]), read_key(args) or new_id()
    form = HoursForm() if request.method == "POST" else HoursForm.of(args)
    act = attempt(form, lambda: declare_hours(g.actor, form.hours(key, member.account_no)))
    if not act:
        untimed = form.form_errors and queries.list_untimed(member.account_no, form.day.data)
        context = {"member": member, "key": key, "untimed": untimed or []}
        return show_form("reciprocity/hours/new.html", form, **context)
    undo = url_for(".withdrawal", record_id=key)
    flash_undo(f"C’est noté : {member.name}, {duration(form.minutes.data)}.", undo, "Les retirer")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:record_id>/retrait")
def withdrawal(record_id: uuid.UUID) -> ResponseReturnValue:
    """Take back hours that were noted wrongly."""
    void_hours(g.actor, record_id)
    flash("Ces heures sont retirées. Elles ne comptent plus.")
    return redirect(url_for(".index"), 303)


def _member(typed: str) -> Member:
    """Whose hours these are. NoResultFound: nobody here."""
    member = find_member_of(read_number(typed) or 0)
    if member is None:
        raise NoResultFound
    return member


def _cells(record: TimeRecord, name: str) -> tuple[object, ...]:
    return (
        record.happened_on.isoformat(),
        record.starts_at.strftime("%H:%M"),
        record.minutes,
        name,
        record.regime_label,
        record.activity,
    )


def _minutes(told: Tally | None) -> int | str:
    return told.minutes if told else ""
