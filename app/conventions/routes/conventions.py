"""Our conventions: the list, the sheet, the draft's pages, and each act on them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.conventions import commands, policies, queries
from app.conventions.documents import resolve
from app.conventions.forms.conventions import (
    FrameForm,
    NewConventionForm,
    PartyForm,
    ReasonForm,
    count_pages,
    values_form,
)
from app.conventions.models import STATE_LABELS, TRANSITIONS, Convention
from app.conventions.routes.pdf import send_pdf
from app.core.access import fresh
from app.core.answers import attempt, download, page_number, show_form
from app.core.audit import list_events
from app.core.db import db
from app.core.jobs import find_waiting
from app.core.listing import paginate
from app.core.permissions import authorize
from app.tenants.queries import list_bulles, list_open_tenants

bp = Blueprint("conventions", __name__, url_prefix="/<slug>/conventions")
HEADER = ("Numéro", "Titre", "Avec", "État", "Dernier changement")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Our conventions and those received."""
    args = request.args
    statement = queries.list_conventions(
        q=args.get("q", ""),
        state=args.get("etat", ""),
        year=args.get("annee", ""),
        sort=args.get("tri", "-date"),
    )
    if "format" in args:
        return download("Conventions", HEADER, map(_cells, db.session.execute(statement)))
    return render_template(
        "conventions/index.html",
        page=paginate(statement, page_number(), entities=False),
        states=list(STATE_LABELS.items()),
        labels=STATE_LABELS,
        years=[(year, year) for year in queries.list_years()],
        can_prepare=policies.can_prepare(g.actor),
    )


def _cells(row: Any) -> tuple[str, ...]:
    label = STATE_LABELS[row.state]
    return row.number, row.title, row.partners_label, label, row.changed_at.date().isoformat()


@bp.route("/nouvelle", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Choose a standard agreement and a title."""
    authorize(policies.can_prepare(g.actor))
    form = NewConventionForm(entry=request.args.get("modele"))
    entries = db.session.scalars(queries.list_catalogue()).all()
    form.offer(entries, db.session.scalars(list_bulles()).all())
    convention = attempt(
        form,
        lambda: commands.prepare_convention(
            g.actor, uuid.UUID(form.entry.data), form.title.data, form.bulle_id()
        ),
    )
    if convention is None:
        return show_form("conventions/new.html", form)
    return redirect(url_for(".frame", convention_id=convention.id), 303)


@bp.get("/<uuid:convention_id>")
def show(convention_id: uuid.UUID) -> ResponseReturnValue:
    """The sheet of one convention."""
    convention = queries.get_convention(convention_id)
    round_ = convention.round if convention.round and not convention.round.voided_at else None
    awaited = commands.awaited_signatory(convention)
    return render_template(
        "conventions/show.html",
        convention=convention,
        round=round_,
        text=round_.text if round_ else resolve(convention, len(convention.rounds) + 1),
        possible=policies.list_possible(g.actor, convention, TRANSITIONS),
        can_prepare=policies.can_prepare(g.actor),
        awaited=awaited,
        is_me=awaited is not None and commands.is_this_person(g.actor, awaited),
        pages=count_pages(convention),
        seal_steps=queries.list_seal_steps(round_.id) if round_ else [],
        waiting=find_waiting(round_id=round_.id) if round_ else None,
        events=db.session.scalars(list_events(subject_id=convention.id).limit(30)).all(),
    )


@bp.route("/<uuid:convention_id>/cadre", methods=["GET", "POST"])
def frame(convention_id: uuid.UUID) -> ResponseReturnValue:
    """The title, the Bulle and the dates."""
    convention = _draft(convention_id)
    form = FrameForm.of(convention, db.session.scalars(list_bulles()).all())
    saved = attempt(
        form,
        lambda: commands.edit_convention(g.actor, convention_id, form.seen(), **form.facts()),
    )
    if saved is None:
        return show_form("conventions/frame.html", form, convention=convention)
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.route("/<uuid:convention_id>/reponses/<int:page>", methods=["GET", "POST"])
def values(convention_id: uuid.UUID, page: int) -> ResponseReturnValue:
    """A page of blanks; the next one follows."""
    convention = _draft(convention_id)
    pages = count_pages(convention)
    if not 1 <= page <= pages:
        abort(404)
    form = values_form(convention, page)
    saved = attempt(
        form,
        lambda: commands.fill_values(g.actor, convention_id, form.seen(), form.values()),
    )
    if saved is None:
        context = {"convention": convention, "page": page, "pages": pages}
        return show_form("conventions/values.html", form, **context)
    if page < pages:
        return redirect(url_for(".values", convention_id=convention_id, page=page + 1), 303)
    flash("Vos réponses sont enregistrées.")
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.route("/<uuid:convention_id>/parties/<role>", methods=["GET", "POST"])
def party(convention_id: uuid.UUID, role: str) -> ResponseReturnValue:
    """Who holds a role, and who signs."""
    convention = _draft(convention_id)
    labels = {r["role"]: r["label"] for r in convention.entry.payload["party_roles"]}
    if role not in labels:
        abort(404)
    form = PartyForm.of(convention, role, list_open_tenants())
    saved = attempt(
        form,
        lambda: commands.set_party(g.actor, convention_id, form.seen(), form.data_for(role)),
    )
    if saved is None:
        return show_form("conventions/party.html", form, convention=convention, label=labels[role])
    flash("La partie est enregistrée.")
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.post("/<uuid:convention_id>/parties/<uuid:party_id>/retrait")
def destroy_party(convention_id: uuid.UUID, party_id: uuid.UUID) -> ResponseReturnValue:
    """Take a party out of a draft."""
    seen = request.form.get("version", -1, int)
    commands.remove_party(g.actor, convention_id, seen, party_id)
    flash("La partie est retirée.")
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.post("/<uuid:convention_id>/parties/<uuid:party_id>/rang")
def create_rank(convention_id: uuid.UUID, party_id: uuid.UUID) -> ResponseReturnValue:
    """Have a party sign one place earlier."""
    seen = request.form.get("version", -1, int)
    commands.move_party(g.actor, convention_id, seen, party_id)
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.post("/<uuid:convention_id>/proposition")
def create_proposal(convention_id: uuid.UUID) -> ResponseReturnValue:
    """Propose to the parties."""
    commands.propose_convention(g.actor, convention_id)
    flash(
        {
            "phrase": "La convention est proposée aux parties.",
            "annulation_url": url_for(".destroy_proposal", convention_id=convention_id),
            "annulation_mot": "Reprendre le brouillon",
        }  # type: ignore[arg-type]  # base.html shows a mapping with its undo
    )
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.post("/<uuid:convention_id>/proposition/retrait")
def destroy_proposal(convention_id: uuid.UUID) -> ResponseReturnValue:
    """Take the proposal back."""
    commands.withdraw_proposal(g.actor, convention_id)
    flash("La convention est de nouveau un brouillon.")
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.post("/<uuid:convention_id>/signatures")
@fresh
def create_signing(convention_id: uuid.UUID) -> ResponseReturnValue:
    """Open the signatures."""
    commands.open_signing(g.actor, convention_id)
    flash("Les signatures sont ouvertes. La première personne a reçu son lien.")
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.post("/<uuid:convention_id>/signatures/relance")
def create_reminder(convention_id: uuid.UUID) -> ResponseReturnValue:
    """Send the link again to whoever has to sign now."""
    commands.resend_link(g.actor, convention_id)
    flash("Un nouveau lien est parti. L’ancien ne marche plus.")
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.post("/<uuid:convention_id>/ma-signature")
@fresh
def create_own_link(convention_id: uuid.UUID) -> ResponseReturnValue:
    """Open one's own link from the workspace."""
    link = commands.open_own_link(g.actor, convention_id)
    return redirect(url_for("signing.show", link_id=link.id, token=link.token), 303)


@bp.route("/<uuid:convention_id>/reouverture", methods=["GET", "POST"])
def reopening(convention_id: uuid.UUID) -> ResponseReturnValue:
    """Change the text after all."""
    return _grave(convention_id, "reopen", commands.reopen_convention)


@bp.route("/<uuid:convention_id>/annulation", methods=["GET", "POST"])
@fresh
def cancellation(convention_id: uuid.UUID) -> ResponseReturnValue:
    """Give the convention up."""
    return _grave(convention_id, "cancel", commands.cancel_convention)


@bp.route("/<uuid:convention_id>/resiliation", methods=["GET", "POST"])
@fresh
def termination(convention_id: uuid.UUID) -> ResponseReturnValue:
    """End the convention before its last day."""
    return _grave(convention_id, "terminate", commands.terminate_convention)


def _grave(
    convention_id: uuid.UUID, name: str, act: Callable[..., Convention]
) -> ResponseReturnValue:
    """A page that lists what will happen and asks why, then the act."""
    convention = queries.get_convention(convention_id)
    transition = TRANSITIONS[name]
    authorize(policies.can_take(g.actor, transition))
    form = ReasonForm()
    done = attempt(form, lambda: act(g.actor, convention_id, form.reason.data))
    if done is None:
        obstacles = convention.obstacles(transition)
        context = {"convention": convention, "transition": transition, "obstacles": obstacles}
        return show_form("conventions/grave.html", form, **context)
    flash(f"La convention est maintenant « {done.state_label} ».")
    return redirect(url_for(".show", convention_id=convention_id), 303)


@bp.get("/<uuid:convention_id>/document.pdf")
def document(convention_id: uuid.UUID) -> ResponseReturnValue:
    """The signed document, or the frozen one while it is being signed."""
    round_ = queries.get_convention(convention_id).round
    sha256 = (round_.sealed_sha256 or round_.frozen_sha256) if round_ else None
    return send_pdf(sha256, f"convention-{convention_id}.pdf")


@bp.get("/<uuid:convention_id>/preuve.pdf")
def evidence(convention_id: uuid.UUID) -> ResponseReturnValue:
    """The sealed evidence file."""
    authorize(policies.can_prepare(g.actor))
    round_ = queries.get_convention(convention_id).round
    return send_pdf(round_.evidence_sha256 if round_ else None, f"preuve-{convention_id}.pdf")


def _draft(convention_id: uuid.UUID) -> Convention:
    authorize(policies.can_prepare(g.actor))
    return queries.get_convention(convention_id)
