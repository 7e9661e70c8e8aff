"""Anyone can check a document: its file, or the link of its QR code."""

from __future__ import annotations

import hashlib
from datetime import datetime

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from app.conventions import queries
from app.conventions.forms.conventions import VerifyForm
from app.conventions.routes.pdf import send_pdf
from app.core import services
from app.core.access import public
from app.core.config import settings
from app.core.limits import throttled
from app.core.verification import Limits, Trust, read_attachment, verify

bp = Blueprint("verification", __name__, url_prefix="/verifier")


@bp.route("/", methods=["GET", "POST"], strict_slashes=False)
@public
@throttled("30 per minute")
def index() -> ResponseReturnValue:
    """Give a file, read what it is worth."""
    form = VerifyForm()
    if not form.validate_on_submit():
        return render_template("conventions/verify.html", form=form), 422 if form.errors else 200
    content = form.file.data.read()
    report = verify(
        content, Trust.of(services.authority()), Limits(size=settings().verify_max_bytes)
    )
    known = queries.find_sealed_by_hash(hashlib.sha256(content).hexdigest())
    status = 200 if report.status != "unreadable" else 422
    return render_template(
        "conventions/verified.html",
        report=report,
        known=known,
        reading=read_attachment(report.attachment),
        name=form.file.data.filename,
    ), status


@bp.get("/<code>")
@public
def show(code: str) -> ResponseReturnValue:
    """What the register says of the document that bears this code."""
    sealed = queries.find_sealed_document(code.upper()) or abort(404)
    acts = [{**s, "at": datetime.fromisoformat(s["at"])} for s in sealed.facts["signatories"]]
    return render_template("conventions/sealed.html", sealed=sealed, acts=acts)


@bp.get("/<code>/document.pdf")
@public
def document(code: str) -> ResponseReturnValue:
    """The signed document itself, for whoever holds its code."""
    sealed = queries.find_sealed_document(code.upper()) or abort(404)
    return send_pdf(sealed.document_sha256, f"convention-{sealed.facts['number']}.pdf")
