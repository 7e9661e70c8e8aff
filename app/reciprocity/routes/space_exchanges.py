"""A member's own exchanges: read, said what they were, thanked for, corrected."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import public
from app.core.answers import attempt, show_form
from app.core.clock import today
from app.core.limits import throttled
from app.core.permissions import authorize
from app.reciprocity.commands import exchanges
from app.reciprocity.commands.clearing import reverse_visit
from app.reciprocity.commands.exchanges import Exchange
from app.reciprocity.commands.links import tell_correction
from app.reciprocity.forms.exchanges import WordingForm
from app.reciprocity.forms.space import OwnCorrectionForm, OwnThanksForm
from app.reciprocity.models import EXCHANGES, REPLACEABLE, Reversal, Transfer, TransferKind
from app.reciprocity.queries.corrections import list_corrections
from app.reciprocity.queries.exchanges import (
    find_note,
    find_reversal,
    get_transfer,
    list_legs,
    read_line,
)
from app.reciprocity.queries.statements import list_movements, open_statement
from app.reciprocity.routes.inside import inside, space

bp = inside("space_exchanges", __name__, "/echanges")

UNDONE = "Annulé par l’une des deux personnes"


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """My exchanges, newest first."""
    statement = open_statement(space().account.number, today())
    before = request.args.get("avant", type=int)
    return render_template(
        "reciprocity/space/exchanges.html",
        statement=statement,
        movements=list_movements(statement, before=before),
        before=before,
    )


@bp.get("/<uuid:transfer_id>")
@public
def show(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """One exchange, and what I may still do about it."""
    note = find_note(transfer_id)
    return _page(
        transfer_id,
        WordingForm(note),
        OwnThanksForm(thanks=note.thanks if note else ""),
    )


@bp.post("/<uuid:transfer_id>/sujet")
@public
@throttled("60 per hour", needs_redis=False)
def subject(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Say what it was."""
    _mine(transfer_id)
    form = WordingForm()
    if not form.validate_on_submit():
        return _page(transfer_id, form, OwnThanksForm(formdata=None)), 422
    words = form.wording.data or ""
    exchanges.describe_exchange(space().actor, transfer_id, words, form.category_id)
    flash("C’est ajouté.")
    return redirect(url_for(".show", transfer_id=transfer_id), 303)


@bp.post("/<uuid:transfer_id>/merci")
@public
@throttled("60 per hour", needs_redis=False)
def thanks(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Thank who gave."""
    _mine(transfer_id)
    form = OwnThanksForm()
    if not form.validate_on_submit():
        return _page(transfer_id, WordingForm(find_note(transfer_id), formdata=None), form), 422
    exchanges.thank(space().actor, transfer_id, form.thanks.data or "")
    flash("Votre merci est noté. Il sera lu dans l’espace de l’autre personne.")
    return redirect(url_for(".show", transfer_id=transfer_id), 303)


@bp.route("/<uuid:transfer_id>/correction", methods=["GET", "POST"])
@public
@throttled("30 per hour", needs_redis=False)
def correction(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Put the right duration or the right day, for 72 hours."""
    if reversal := _reversal_of_mine(transfer_id):
        flash("Cet échange est déjà corrigé.")
        return redirect(url_for(".show", transfer_id=reversal.replaced_by or transfer_id), 303)
    transfer = _correctable(transfer_id)
    form = OwnCorrectionForm.of(transfer, read_line(transfer_id).wording)
    if attempt(form, lambda: _correct(transfer, form)) is None:
        return show_form("reciprocity/space/correction.html", form, line=read_line(transfer_id))
    flash("L’échange est corrigé. L’autre personne le verra.")
    return redirect(url_for(".show", transfer_id=form.key), 303)


@bp.post("/<uuid:transfer_id>/annulation")
@public
@throttled("30 per hour", needs_redis=False)
def cancellation(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Undo it whole, for 72 hours; a second tap finds it undone."""
    if _reversal_of_mine(transfer_id) is None:
        transfer, _ = _mine(transfer_id)
        authorize(_can_cancel(transfer))
        # With another place: their teams note it again.
        is_visit = transfer.kind == TransferKind.CLEARING
        undo = reverse_visit if is_visit else exchanges.reverse_transfer
        undo(space().actor, transfer_id, UNDONE)
        tell_correction(space().actor, transfer, "Il est annulé.")
    flash("L’échange est annulé. Il reste écrit, avec sa correction.")
    return redirect(url_for(".show", transfer_id=transfer_id), 303)


def _page(transfer_id: uuid.UUID, wording: WordingForm, thanks: OwnThanksForm) -> str:
    transfer, mine = _mine(transfer_id)
    note, reversal = find_note(transfer_id), find_reversal(transfer_id)
    return render_template(
        "reciprocity/space/exchange.html",
        line=read_line(transfer_id),
        delta=mine,
        wording=wording,
        thanks=thanks,
        thanked=note.thanks if note else "",
        can_thank=mine < 0 and transfer.kind in EXCHANGES and reversal is None,
        can_correct=_can_correct(transfer),
        can_cancel=_can_cancel(transfer),
        reversal=reversal,
        corrections=list_corrections(transfer_id),
    )


def _mine(transfer_id: uuid.UUID) -> tuple[Transfer, int]:
    """An exchange of the member and what it did to their account; another's is not found."""
    transfer = get_transfer(transfer_id)
    legs = list_legs(transfer)
    if space().account.number not in legs:
        abort(404)
    return transfer, legs[space().account.number]


def _can_correct(transfer: Transfer) -> bool:
    return transfer.kind in REPLACEABLE and exchanges.can_correct(space().actor, transfer)


def _can_cancel(transfer: Transfer) -> bool:
    return find_reversal(transfer.id) is None and exchanges.may_correct(space().actor, transfer)


def _reversal_of_mine(transfer_id: uuid.UUID) -> Reversal | None:
    """What corrects an exchange of the member already, so that a second tap only shows it."""
    _mine(transfer_id)
    return find_reversal(transfer_id)


def _correctable(transfer_id: uuid.UUID) -> Transfer:
    transfer, _ = _mine(transfer_id)
    authorize(_can_correct(transfer))
    return transfer


def _correct(transfer: Transfer, form: OwnCorrectionForm) -> str:
    right = Exchange(
        form.key,
        giver=transfer.credit or 0,
        receiver=transfer.debit or 0,
        minutes=form.minutes.data,
        happened_on=form.on,
        starts_at=form.starts.data,
        wording=form.wording.data or "",
    )
    status = exchanges.correct_exchange(space().actor, transfer.id, right, form.reason.data or "")
    tell_correction(space().actor, transfer, f"Pourquoi : « {form.reason.data} ».")
    return status
