"""Conventions proposed to us: read, agree, ask for a change."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.conventions import commands, policies, queries
from app.conventions.forms.conventions import ChangeForm
from app.conventions.routes.pdf import send_pdf
from app.core.answers import attempt, show_form
from app.core.deliveries import find_latest_letter, get_letter
from app.core.permissions import authorize
from app.tenants.queries import get_tenant

bp = Blueprint("received", __name__, url_prefix="/<slug>/conventions/recues")


@bp.get("/<uuid:received_id>")
def show(received_id: uuid.UUID) -> ResponseReturnValue:
    """What was proposed, and how far it is."""
    received = queries.get_received(received_id)
    letter = get_letter(received.proposal_id)
    status = find_latest_letter(commands.STATUS, received.origin_id, received.convention_id)
    return render_template(
        "conventions/received.html",
        received=received,
        text=letter.payload["text"],
        status=status.payload if status else None,
        origin=get_tenant(received.origin_id),
        can_answer=policies.can_answer(g.actor),
    )


@bp.post("/<uuid:received_id>/accord")
def create_agreement(received_id: uuid.UUID) -> ResponseReturnValue:
    """Agree."""
    commands.answer_proposal(g.actor, received_id, "agree")
    flash("Votre accord est parti. Vous serez prévenu quand il faudra signer.")
    return redirect(url_for(".show", received_id=received_id), 303)


@bp.route("/<uuid:received_id>/changement", methods=["GET", "POST"])
def change(received_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a change."""
    authorize(policies.can_answer(g.actor))
    received = queries.get_received(received_id)
    form = ChangeForm()
    done = attempt(
        form,
        lambda: commands.answer_proposal(g.actor, received_id, "change", form.comment.data),
    )
    if done is None:
        return show_form("conventions/change.html", form, received=received)
    flash("Votre demande est partie.")
    return redirect(url_for(".show", received_id=received_id), 303)


@bp.post("/<uuid:received_id>/relance")
def create_reminder(received_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for our signatory's link again."""
    commands.request_link(g.actor, received_id)
    flash("La demande est partie. Si c’est à vous de signer, le lien arrive par e-mail.")
    return redirect(url_for(".show", received_id=received_id), 303)


@bp.get("/<uuid:received_id>/document.pdf")
def document(received_id: uuid.UUID) -> ResponseReturnValue:
    """The signed document."""
    received = queries.get_received(received_id)
    return send_pdf(received.sealed_sha256, f"convention-{received.number}.pdf")


@bp.get("/<uuid:received_id>/preuve.pdf")
def evidence(received_id: uuid.UUID) -> ResponseReturnValue:
    """The sealed evidence file."""
    authorize(policies.can_answer(g.actor))
    received = queries.get_received(received_id)
    return send_pdf(received.evidence_sha256, f"preuve-{received.number}.pdf")
