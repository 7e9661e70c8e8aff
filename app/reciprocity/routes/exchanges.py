"""Exchanges: noted in three questions, listed, told, corrected."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from app.core.answers import attempt, download, page_number, show_form
from app.core.clock import paris
from app.core.db import new_id
from app.core.forms import Form
from app.core.permissions import authorize
from app.reciprocity import policies
from app.reciprocity.commands import exchanges as commands
from app.reciprocity.commands.exchanges import can_correct
from app.reciprocity.commands.hours import time_exchange
from app.reciprocity.forms.exchanges import (
    KINDS,
    STATES,
    CorrectionForm,
    ExchangeDraft,
    ExchangeForm,
    ReasonForm,
    ThanksForm,
    WordingForm,
    read_filter,
)
from app.reciprocity.forms.hours import StartForm, read_return
from app.reciprocity.models import LONGEST, REPLACEABLE, TransferKind
from app.reciprocity.queries import exchanges as queries
from app.reciprocity.queries.accounts import name_accounts
from app.reciprocity.queries.clearing import get_visit
from app.reciprocity.queries.corrections import list_corrections
from app.reciprocity.queries.exchanges import ExchangeLine
from app.reciprocity.queries.fund import is_confidential
from app.tenants.queries import list_joined_bulles, list_run_bulles

bp = Blueprint("exchanges", __name__, url_prefix="/<slug>/heures/echanges")
HEADER = (
    "Jour",
    "Qui a donné",
    "Qui a reçu",
    "Minutes",
    "Genre",
    "C’était quoi",
    "Noté le",
    "Noté par",
    "Corrigé",
)


@bp.get("/")
def index() -> ResponseReturnValue:
    """The exchanges of the organisation, searched and filtered."""
    authorize(policies.can_read(g.actor))
    is_team = policies.can_record(g.actor)
    wanted = read_filter(request.args, for_team=is_team)
    sort = request.args.get("tri", "-date")
    if "format" in request.args:
        lines = queries.stream_lines(queries.list_exchanges(wanted, sort))
        return download("Échanges", HEADER, map(_cells, lines))
    page = queries.page_exchanges(wanted, sort, page_number())
    return render_template(
        "reciprocity/exchanges/index.html",
        page=page,
        lines=queries.read_lines(page.rows),
        bulles=[*list_run_bulles(g.tenant.id), *list_joined_bulles(g.tenant.id)],
        kinds=KINDS,
        states=STATES,
        can_record=is_team,
    )


@bp.route("/nouveau", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Note an exchange: who gave, who received, how long."""
    authorize(policies.can_record(g.actor))
    draft = ExchangeDraft.read(request.args)
    names = _names(draft)
    if draft.asked:
        return _ask_who(draft, names)
    form = ExchangeForm()
    if not attempt(form, lambda: commands.record_exchange(g.actor, form.exchange(draft))):
        noted = queries.find_transfer(draft.key)
        return show_form(
            "reciprocity/exchanges/how_long.html", form, draft=draft, names=names, noted=noted
        )
    return redirect(url_for(".done", transfer_id=draft.key), 303)


@bp.get("/<uuid:transfer_id>/suite")
def done(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """The exchange that was just noted, and what can follow."""
    authorize(policies.can_record(g.actor))
    line = queries.read_line(transfer_id)
    return render_template(
        "reciprocity/exchanges/done.html",
        line=line,
        form=WordingForm(queries.find_note(transfer_id)),
        standings=queries.list_standings(line.transfer),
        can_correct=can_correct(g.actor, line.transfer),
    )


@bp.get("/<uuid:transfer_id>")
def show(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """An exchange, what was said of it, and its corrections. Whom the fund helped is the team's to know."""
    authorize(policies.can_read(g.actor))
    authorize(policies.can_record(g.actor) or not is_confidential(transfer_id))
    line = queries.read_line(transfer_id)
    legs = queries.list_legs(line.transfer)
    return render_template(
        "reciprocity/exchanges/show.html",
        line=line,
        legs=legs,
        names=name_accounts(legs),
        visit=get_visit(transfer_id) if line.transfer.kind == TransferKind.CLEARING else None,
        corrections=list_corrections(transfer_id),
        **_said(transfer_id),
        reason=ReasonForm(),
        can_record=policies.can_record(g.actor),
        can_correct=can_correct(g.actor, line.transfer),
        can_replace=line.transfer.kind in REPLACEABLE,
    )


@bp.route("/<uuid:transfer_id>/correction", methods=["GET", "POST"])
def correction(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Say what an exchange should have been."""
    authorize(policies.can_record(g.actor))
    line = queries.read_line(transfer_id)
    if line.transfer.kind not in REPLACEABLE or not can_correct(g.actor, line.transfer):
        flash("Cet échange ne peut plus être corrigé. Voici où il en est.", "error")
        return redirect(url_for(".show", transfer_id=transfer_id), 303)
    same = ExchangeDraft(new_id(), line.transfer.credit, line.transfer.debit)
    draft = ExchangeDraft.read(request.args, same)
    names = _names(draft)
    if draft.asked:
        return _ask_who(draft, names, line)
    form = CorrectionForm.of(line)
    if not attempt(form, lambda: _correct(transfer_id, form, draft)):
        return show_form(
            "reciprocity/exchanges/correction.html", form, line=line, draft=draft, names=names
        )
    flash("L’échange est corrigé.")
    return redirect(url_for(".show", transfer_id=draft.key), 303)


@bp.post("/<uuid:transfer_id>/annulation")
def cancellation(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Undo an exchange by its opposite."""
    form = ReasonForm()
    reason = form.reason.data or "Annulé par l’équipe"
    if attempt(form, lambda: commands.reverse_transfer(g.actor, transfer_id, reason)):
        flash("L’échange est annulé. Les heures sont revenues comme avant.")
    else:
        _flash_refusal(form)
    return redirect(url_for(".show", transfer_id=transfer_id), 303)


@bp.post("/<uuid:transfer_id>/note")
def note(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Say what an exchange was about."""
    form = WordingForm()
    words = form.wording.data or ""
    attempt(form, lambda: commands.describe_exchange(g.actor, transfer_id, words, form.category_id))
    if form.errors:
        _flash_refusal(form)
    else:
        flash("C’est noté.")
    page = ".done" if "suite" in request.args else ".show"
    return redirect(url_for(page, transfer_id=transfer_id), 303)


@bp.post("/<uuid:transfer_id>/merci")
def gratitude(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Thank whoever gave, for whoever received."""
    form = ThanksForm()
    attempt(form, lambda: commands.thank(g.actor, transfer_id, form.thanks.data or ""))
    if form.errors:
        _flash_refusal(form)
    else:
        flash("Le merci est noté.")
    return redirect(url_for(".show", transfer_id=transfer_id), 303)


@bp.route("/<uuid:transfer_id>/debut/<int:account_no>", methods=["GET", "POST"])
def start(transfer_id: uuid.UUID, account_no: int) -> ResponseReturnValue:
    """Say when someone began what they gave, so that the same hour is not counted twice."""
    authorize(policies.can_record(g.actor))
    line = queries.read_line(transfer_id)
    given = queries.list_legs(line.transfer).get(account_no, 0)
    if given <= 0:
        raise NoResultFound
    form = StartForm(minutes=min(given, LONGEST))
    act = attempt(form, lambda: time_exchange(g.actor, transfer_id, account_no, *form.told()))
    if not act:
        names = name_accounts([account_no])
        return show_form("reciprocity/exchanges/start.html", form, line=line, names=names)
    flash("L’heure de début est notée.")
    if "membre" in request.args:
        return redirect(url_for("regimes.new", **read_return(request.args)), 303)
    return redirect(url_for(".show", transfer_id=transfer_id), 303)


def _said(transfer_id: uuid.UUID) -> dict[str, Form]:
    """What was said of an exchange, to be changed."""
    said = queries.find_note(transfer_id)
    return {
        "wording": WordingForm(said),
        "thanks": ThanksForm(thanks=said.thanks if said else ""),
    }


def _ask_who(
    draft: ExchangeDraft, names: dict[int, str], line: ExchangeLine | None = None
) -> ResponseReturnValue:
    """The page that asks for one of the two people; `line`: the exchange that is being corrected."""
    q = request.args.get("nom", "").strip()
    other = draft.receiver if draft.asked == "donne" else draft.giver
    known = [] if other is None else [other]
    return render_template(
        "reciprocity/exchanges/who.html",
        draft=draft,
        names=names,
        line=line,
        q=q,
        people=queries.list_people(q, known),
        others=queries.list_common_accounts(known),
    )


def _names(draft: ExchangeDraft) -> dict[int, str]:
    """The names of the people known so far. NoResultFound: one is nobody here."""
    names = name_accounts(draft.numbers)
    if draft.asked not in ("", "donne", "recoit") or len(names) < len(set(draft.numbers)):
        raise NoResultFound
    return names


def _correct(transfer_id: uuid.UUID, form: CorrectionForm, draft: ExchangeDraft) -> str:
    reason = form.reason.data or ""
    return commands.correct_exchange(g.actor, transfer_id, form.exchange(draft), reason)


def _flash_refusal(form: Form) -> None:
    messages = [*form.form_errors, *(error for field in form for error in field.errors)]
    flash(messages[0], "error")


def _cells(line: ExchangeLine) -> tuple[object, ...]:
    noted = line.transfer
    return (
        noted.happened_on.isoformat(),
        ", ".join(line.givers),
        ", ".join(line.receivers),
        noted.minutes,
        noted.kind_label,
        line.wording,
        paris(noted.posted_at).strftime("%Y-%m-%d %H:%M"),
        line.noted_by,
        "oui" if line.corrected else "",
    )
