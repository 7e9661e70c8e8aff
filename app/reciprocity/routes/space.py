"""A member's own space: where they are, what they received, what they gave, what awaits their answer."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import public
from app.core.answers import attempt, flash_undo, show_form
from app.core.clock import today
from app.core.crypto import normalise_email
from app.core.db import new_id
from app.core.errors import DomainError
from app.core.limits import throttled
from app.core.text import duration
from app.reciprocity.commands import holds
from app.reciprocity.commands.exchanges import Exchange, record_exchange
from app.reciprocity.commands.members import update_member
from app.reciprocity.forms.hours import BeginningForm
from app.reciprocity.forms.keys import read_key
from app.reciprocity.forms.space import OwnSheetForm, TimeForm
from app.reciprocity.models import Member
from app.reciprocity.models.invitations import own_invitation, tell_own_totals
from app.reciprocity.queries.accounts import find_terms, name_accounts
from app.reciprocity.queries.clearing import find_visit_code
from app.reciprocity.queries.exchanges import find_transfer
from app.reciprocity.queries.holds import find_hold, get_hold, list_asked, list_to_answer
from app.reciprocity.queries.members import totals
from app.reciprocity.queries.offers import list_member_offers
from app.reciprocity.queries.space import (
    FEW,
    get_other,
    list_companions,
    list_thanks,
    search_others,
)
from app.reciprocity.queries.statements import list_movements, open_statement
from app.reciprocity.routes.inside import inside, space

bp = inside("space", __name__)

DURATIONS = (30, 60, 90, 120, 150, 180)
ANSWERS = {
    "accord": (holds.accept_request, "L’échange est noté. Merci !"),
    "refus": (holds.decline_request, "C’est dit. Rien n’a été noté."),
    "retrait": (holds.cancel_request, "Votre demande est retirée."),
}


@bp.get("/")
@public
def show() -> ResponseReturnValue:
    """Where I am, and what awaits me."""
    me = space().account
    to_answer, asked = list_to_answer(me.number), list_asked(me.number)
    given, received = totals(me.number)
    thanks = list_thanks(me.number)
    people = {number for hold in (*to_answer, *asked) for number in (hold.debit, hold.credit)}
    terms = find_terms(me.bulle_id)
    return render_template(
        "reciprocity/space/show.html",
        told=tell_own_totals(given, received),
        invited=own_invitation(given, received, me.balance, terms),
        to_answer=to_answer,
        asked=asked,
        names=name_accounts(people | {t.debit for _, t in thanks}),
        movements=list_movements(open_statement(me.number, today()), limit=3),
        offers=list_member_offers(space().member.id),
        thanks=thanks,
        visit_code=find_visit_code(me),
    )


@bp.get("/<any(recu, donne):way>")
@public
def choose(way: str) -> ResponseReturnValue:
    """With whom?"""
    q, me = request.args.get("q", "").strip(), space().account.number
    known = [] if q else list_companions(me)
    found = known or search_others(me, q)
    return render_template(
        "reciprocity/space/choose.html",
        way=way,
        q=q,
        people=found[:FEW],
        known=bool(known),
        more=len(found) > FEW,
        key=new_id(),
    )


@bp.route("/<any(recu, donne):way>/<uuid:member_id>", methods=["GET", "POST"])
@public
@throttled("60 per hour", needs_redis=False)
def tell(way: str, member_id: uuid.UUID) -> ResponseReturnValue:
    """How long? What is received is noted at once; what is given waits for the other. `cle`: the id of what
    is to be noted, made with the page before, so that coming back notes nothing twice."""
    other, form = get_other(space().account.number, member_id), TimeForm()
    key, act = read_key(request.args) or new_id(), _receive if way == "recu" else _give
    if attempt(form, lambda: act(key, form, other)) is None:
        asked = {"way": way, "other": other, "key": key, "durations": DURATIONS}
        done = {"noted": find_transfer(key), "asked": find_hold(key)}
        return show_form("reciprocity/space/tell.html", form, **asked, **done)
    if way == "recu":
        return redirect(url_for("space_exchanges.show", transfer_id=key, note=1), 303)
    take_back = url_for(".answer", hold_id=key, answer="retrait")
    who = f"{other.name} confirmera" if other.email else f"L’équipe demandera à {other.name}"
    told = f"{who} : {duration(form.minutes.data)}."
    flash_undo(told, take_back, "Retirer cette demande")
    return redirect(url_for(".show"), 303)


@bp.post("/demandes/<uuid:hold_id>/<any(accord, refus, retrait):answer>")
@public
@throttled("60 per hour", needs_redis=False)
def answer(hold_id: uuid.UUID, answer: str) -> ResponseReturnValue:
    """Confirm, say that it is not right, or take one's own request back."""
    act, sentence = ANSWERS[answer]
    try:
        act(space().actor, hold_id)
    except DomainError as refusal:
        if holds.needs_start(refusal):
            return redirect(url_for(".start", hold_id=hold_id), 303)
        flash(refusal.message, "error")
    else:
        flash(sentence)
    return redirect(url_for(".show"), 303)


@bp.route("/demandes/<uuid:hold_id>/debut", methods=["GET", "POST"])
@public
@throttled("60 per hour", needs_redis=False)
def start(hold_id: uuid.UUID) -> ResponseReturnValue:
    """Confirm, and say when it began: whoever gave has other hours that day."""
    hold, form = get_hold(hold_id), BeginningForm()
    if hold.debit != space().account.number:
        abort(404)
    accepted = attempt(form, lambda: holds.accept_request(space().actor, hold_id, form.starts.data))
    if accepted is None:
        names = name_accounts([hold.credit])
        return show_form("reciprocity/space/start.html", form, hold=hold, giver=names[hold.credit])
    flash(ANSWERS["accord"][1])
    return redirect(url_for(".show"), 303)


@bp.route("/fiche", methods=["GET", "POST"])
@public
@throttled("30 per hour", needs_redis=False)
def sheet() -> ResponseReturnValue:
    """What I like, how to reach me, who may see it."""
    member = space().member
    form = OwnSheetForm.of(member)
    done = attempt(
        form,
        lambda: update_member(space().actor, member.id, form.sheet(member), version=form.seen()),
    )
    if done is None:
        return show_form("reciprocity/space/sheet.html", form)
    asked = normalise_email(form.email.data or "")
    flash("Votre fiche est à jour.")
    if asked not in ("", done.email):
        flash(f"Un e-mail part à {asked}. Ouvrez-le pour confirmer cette adresse.")
    return redirect(url_for(".show"), 303)


def _receive(key: uuid.UUID, form: TimeForm, other: Member) -> str:
    exchange = Exchange(
        key,
        giver=other.account_no,
        receiver=space().account.number,
        minutes=form.minutes.data,
        happened_on=form.on,
        starts_at=form.starts.data,
        wording=form.wording.data or "",
    )
    return record_exchange(space().actor, exchange)


def _give(key: uuid.UUID, form: TimeForm, other: Member) -> str:
    asked = holds.Request(
        key,
        giver=space().account.number,
        receiver=other.account_no,
        minutes=form.minutes.data,
        happened_on=form.on,
        wording=form.wording.data or "",
    )
    return holds.ask_confirmation(space().actor, asked)
