"""Booklets of cheques, and the piles that come back."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.clock import paris
from app.core.db import db
from app.core.listing import paginate
from app.core.permissions import authorize
from app.core.text import plural
from app.reciprocity import policies
from app.reciprocity.commands import cheques as commands
from app.reciprocity.documents.booklet import render_booklet
from app.reciprocity.forms.cheques import BookletForm, ChequeRow, Noted, PileForm, blame
from app.reciprocity.models import AccountKind, Booklet
from app.reciprocity.models.cheque_numbers import number_cheque
from app.reciprocity.queries import cheques as queries
from app.reciprocity.queries.accounts import name_accounts
from app.reciprocity.queries.members import find_member_of, get_member

bp = Blueprint("cheques", __name__, url_prefix="/<slug>/heures")
HEADER = ("Carnet", "Membre", "Remis le", "Chèques notés", "Annulé le")


@bp.get("/carnets/")
def index() -> ResponseReturnValue:
    """Every booklet."""
    authorize(policies.can_read(g.actor))
    args = request.args
    statement = queries.list_booklets(
        q=args.get("q", ""), state=args.get("etat", ""), sort=args.get("tri", "-numero")
    )
    if "format" in args:
        return download("Carnets de chèques", HEADER, map(_cells, db.session.execute(statement)))
    return render_template(
        "reciprocity/cheques/index.html",
        page=paginate(statement, page_number(), entities=False),
        can_record=policies.can_record(g.actor),
    )


@bp.route("/carnets/nouveau", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Hand out a booklet."""
    authorize(policies.can_record(g.actor))
    form = BookletForm(member=request.args.get("membre", ""))
    booklet = attempt(form, lambda: _issue(form))
    if booklet is None:
        people = queries.list_people((AccountKind.MEMBER,))
        return show_form("reciprocity/cheques/new.html", form, people=people)
    flash("Le carnet est prêt. Imprimez-le, coupez-le, agrafez-le.")
    return redirect(url_for(".show", booklet_id=booklet.id), 303)


@bp.get("/carnets/<uuid:booklet_id>")
def show(booklet_id: uuid.UUID) -> ResponseReturnValue:
    """A booklet: whose it is, what its cheques paid."""
    authorize(policies.can_read(g.actor))
    booklet = queries.get_booklet(booklet_id)
    return render_template(
        "reciprocity/cheques/show.html",
        booklet=booklet,
        member=get_member(booklet.member_id),
        cheques=_cheques(booklet),
        can_record=policies.can_record(g.actor),
    )


@bp.get("/carnets/<uuid:booklet_id>/pdf")
def pdf(booklet_id: uuid.UUID) -> ResponseReturnValue:
    """The booklet, to be printed."""
    authorize(policies.can_record(g.actor))
    booklet = queries.get_booklet(booklet_id)
    rendered = render_booklet(booklet, get_member(booklet.member_id))
    disposition = {"Content-Disposition": f'inline; filename="carnet-{booklet.number:04d}.pdf"'}
    return Response(rendered.content, mimetype="application/pdf", headers=disposition)


@bp.post("/carnets/<uuid:booklet_id>/annulation")
def voiding(booklet_id: uuid.UUID) -> ResponseReturnValue:
    """The booklet is lost."""
    booklet = commands.void_booklet(g.actor, booklet_id)
    back = url_for(".restoration", booklet_id=booklet_id)
    flash_undo(f"Le carnet n° {booklet.number:04d} est annulé.", back, "Le rétablir")
    return redirect(url_for(".show", booklet_id=booklet_id), 303)


@bp.post("/carnets/<uuid:booklet_id>/retablissement")
def restoration(booklet_id: uuid.UUID) -> ResponseReturnValue:
    """The booklet is found again."""
    booklet = commands.restore_booklet(g.actor, booklet_id)
    flash(f"Le carnet n° {booklet.number:04d} est de nouveau bon.")
    return redirect(url_for(".show", booklet_id=booklet_id), 303)


@bp.get("/cheques/")
def pile() -> ResponseReturnValue:
    """Key in a pile of cheques."""
    authorize(policies.can_record(g.actor))
    return _show_pile(PileForm(), [])


@bp.get("/cheques/<number>")
def key_one(number: str) -> ResponseReturnValue:
    """The same page with a number filled in: where the picture on a cheque leads."""
    authorize(policies.can_record(g.actor))
    return _show_pile(PileForm.starting_with(number), [])


@bp.post("/cheques/")
def key() -> ResponseReturnValue:
    """Note what can be noted; the other rows come back."""
    noted, kept = _note(PileForm().filled())
    if kept:
        g.keeps_refusal = True  # what was noted stays noted, though the page has errors
        return _show_pile(PileForm.of_rows(kept), noted), 422
    flash(_tell(noted))
    return redirect(url_for(".pile"), 303)


def _tell(noted: list[Noted]) -> str:
    if not noted:
        return "Aucun numéro n’était rempli. Rien n’est noté."
    return f"{plural(len(noted), 'chèque noté', 'chèques notés')}."


def _note(rows: list[ChequeRow]) -> tuple[list[Noted], list[ChequeRow]]:
    slips = [row.read() for row in rows]
    outcomes = iter(commands.key_cheques(g.actor, [slip for slip in slips if slip]))
    noted, kept = [], []
    for row, slip in zip(rows, slips, strict=True):
        outcome = next(outcomes) if slip else None
        if slip and outcome and outcome.done:
            noted.append(Noted(str(slip.number), outcome))
            continue
        if outcome:
            blame(row, outcome)
        kept.append(row)
    return noted, kept


def _show_pile(form: PileForm, noted: list[Noted]) -> str:
    return render_template(
        "reciprocity/cheques/pile.html", form=form, noted=noted, people=queries.list_people()
    )


def _issue(form: BookletForm) -> Booklet:
    member = find_member_of(form.account_no)
    assert member is not None  # noqa: S101 the form offers members alone
    return commands.issue_booklet(g.actor, member.id, form.booklet_id.data)


def _cheques(booklet: Booklet) -> list[dict[str, Any]]:
    uses = queries.list_uses(booklet.id)
    credited = [use.transfer.credit for one in uses.values() for use in one]
    names = name_accounts(credited)
    return [
        {
            "number": number_cheque(booklet.tenant_id, booklet.number, rank),
            "uses": uses.get(rank, []),
            "names": names,
        }
        for rank in range(1, booklet.cheques + 1)
    ]


def _cells(row: Any) -> tuple[object, ...]:
    booklet, member, used = row
    voided = paris(booklet.voided_at).date().isoformat() if booklet.voided_at else ""
    return (
        f"{booklet.number:04d}",
        member.name,
        paris(booklet.issued_at).date().isoformat(),
        used,
        voided,
    )
