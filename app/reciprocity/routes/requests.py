"""What awaits an answer, for the team: many members come without e-mail, and are answered for."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.clock import paris
from app.core.db import db
from app.core.errors import DomainError
from app.core.listing import paginate
from app.core.permissions import authorize
from app.reciprocity import policies
from app.reciprocity.commands import holds
from app.reciprocity.forms.hours import BeginningForm
from app.reciprocity.models import Hold, HoldOutcome
from app.reciprocity.queries.accounts import name_accounts, name_operators
from app.reciprocity.queries.holds import STATES, get_hold, list_requests

bp = Blueprint("requests", __name__, url_prefix="/<slug>/heures/demandes")

Rows = Sequence[sa.Row[Hold, HoldOutcome | None]]
HEADER = ("A donné", "A reçu", "Minutes", "Jour", "Quoi", "Demandé le", "Réponse", "Par")
ANSWERS = {
    "accord": (holds.accept_request, "L’échange est noté, en votre nom."),
    "refus": (holds.decline_request, "Rien n’a été noté. La réponse est à votre nom."),
    "retrait": (holds.cancel_request, "La demande est retirée, en votre nom."),
}


@bp.get("/")
def index() -> ResponseReturnValue:
    """Who says they gave, and who has not confirmed yet."""
    authorize(policies.can_read(g.actor))
    state = request.args.get("etat", "attente")
    statement = list_requests(q=request.args.get("q", "").strip(), state=state)
    if "format" in request.args:
        return download("Demandes", HEADER, _cells(db.session.execute(statement).all()))
    page = paginate(statement, page_number(), entities=False)
    return render_template(
        "reciprocity/requests/index.html",
        page=page,
        state=state,
        states=list(STATES.items()),
        names=_names(page.rows),
        answerers=_answerers(page.rows),
        can_record=policies.can_record(g.actor),
    )


@bp.post("/<uuid:hold_id>/<any(accord, refus, retrait):answer>")
def answer(hold_id: uuid.UUID, answer: str) -> ResponseReturnValue:
    """Answer for someone; the register says who did."""
    act, sentence = ANSWERS[answer]
    try:
        act(g.actor, hold_id)
    except DomainError as refusal:
        if holds.needs_start(refusal):
            return redirect(url_for(".start", hold_id=hold_id), 303)
        flash(refusal.message, "error")
    else:
        flash_undo(sentence, *_undo(hold_id, answer))
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:hold_id>/reprise")
def again(hold_id: uuid.UUID) -> ResponseReturnValue:
    """Ask once more what was refused or taken back by mistake."""
    holds.ask_again(g.actor, hold_id)
    flash("La demande attend de nouveau une réponse.")
    return redirect(url_for(".index"), 303)


@bp.route("/<uuid:hold_id>/debut", methods=["GET", "POST"])
def start(hold_id: uuid.UUID) -> ResponseReturnValue:
    """Confirm for someone, and say when it began: whoever gave has other hours that day."""
    authorize(policies.can_record(g.actor))
    hold, form = get_hold(hold_id), BeginningForm()
    if attempt(form, lambda: holds.accept_request(g.actor, hold_id, form.starts.data)) is None:
        names = name_accounts([hold.debit, hold.credit])
        return show_form("reciprocity/requests/start.html", form, hold=hold, names=names)
    flash_undo(ANSWERS["accord"][1], *_undo(hold_id, "accord"))
    return redirect(url_for(".index"), 303)


def _undo(hold_id: uuid.UUID, answer: str) -> tuple[str, str]:
    if answer == "accord":
        return url_for("exchanges.cancellation", transfer_id=hold_id), "Annuler cet échange"
    return url_for(".again", hold_id=hold_id), "Remettre cette demande"


def _names(rows: Rows) -> dict[int, str]:
    return name_accounts({number for hold, _ in rows for number in (hold.debit, hold.credit)})


def _answerers(rows: Rows) -> dict[int, str]:
    return name_operators({outcome.operator_no for _, outcome in rows if outcome})


def _cells(rows: Rows) -> list[tuple[object, ...]]:
    names, answerers = _names(rows), _answerers(rows)
    return [
        (
            names.get(hold.credit, ""),
            names.get(hold.debit, ""),
            hold.minutes,
            hold.happened_on.isoformat(),
            hold.wording,
            paris(hold.created_at).strftime("%Y-%m-%d %H:%M"),
            outcome.label if outcome else "",
            answerers.get(outcome.operator_no, "") if outcome else "",
        )
        for hold, outcome in rows
    ]
