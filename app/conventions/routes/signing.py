"""Signing by a personal link: read, prove who you are, agree, sign; or refuse."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.conventions import commands, queries
from app.conventions.commands import Origin, Signing
from app.conventions.forms.conventions import RefusalForm, SignatureForm
from app.conventions.routes.pdf import send_pdf
from app.core.access import public
from app.core.jobs import find_waiting
from app.core.limits import throttled

bp = Blueprint("signing", __name__, url_prefix="/<slug>/signature/<uuid:link_id>/<token>")


@bp.get("/")
@public
def show(link_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """The document, the code, the consent."""
    return _page(commands.open_link(link_id, token, _origin()), SignatureForm(), RefusalForm())


@bp.post("/code")
@public
@throttled("10 per minute", needs_redis=False)
def create_code(link_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """Send a code."""
    commands.send_code(link_id, token, _origin())
    return redirect(url_for(".show", link_id=link_id, token=token, _anchor="code-t"), 303)


@bp.post("/")
@public
@throttled("20 per minute", needs_redis=False)
def create(link_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """Sign."""
    form = SignatureForm()
    if not form.validate_on_submit():
        return _page(commands.open_link(link_id, token, _origin()), form, RefusalForm()), 422
    signing, fault = commands.sign(link_id, token, form.code.data, form.consent.data, _origin())
    if fault:
        g.keeps_refusal = True
        (form.code if form.consent.data else form.consent).errors = [fault]
        return _page(signing, form, RefusalForm()), 422
    return redirect(url_for(".show", link_id=link_id, token=token), 303)


@bp.post("/refus")
@public
@throttled("10 per minute", needs_redis=False)
def create_refusal(link_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """Refuse to sign."""
    form = RefusalForm()
    if not form.validate_on_submit():
        return _page(commands.open_link(link_id, token, _origin()), SignatureForm(), form), 422
    commands.refuse(link_id, token, form.motif.data, _origin())
    return redirect(url_for(".refused", link_id=link_id, token=token), 303)


@bp.get("/refus")
@public
def refused(link_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """What follows a refusal; it says nothing of the convention."""
    if not queries.get_link(link_id).opens_with(token):
        abort(404)
    return render_template("conventions/refused.html")


@bp.get("/document.pdf")
@public
def document(link_id: uuid.UUID, token: str) -> ResponseReturnValue:
    """The frozen document, as it will be signed."""
    signing = commands.open_link(link_id, token, _origin())
    name = f"convention-{signing.convention.number}.pdf"
    return send_pdf(signing.round.sealed_sha256 or signing.round.frozen_sha256, name)


def _page(signing: Signing, form: SignatureForm, refusal: RefusalForm) -> str:
    return render_template(
        "conventions/signing.html",
        signing=signing,
        form=form,
        refusal=refusal,
        code=queries.find_code(signing.link.id),
        seal_steps=queries.list_seal_steps(signing.round.id),
        waiting=find_waiting(round_id=signing.round.id),
    )


def _origin() -> Origin:
    return Origin(request.remote_addr or "", request.user_agent.string or "")
