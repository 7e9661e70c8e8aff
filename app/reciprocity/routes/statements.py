"""The statement of a member's account: for the team, and in the member's own space (space_statement)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue

from app.core.clock import now, paris, today
from app.core.db import tenant_context
from app.core.errors import DomainError, ServiceUnavailable
from app.core.listing import stream_csv
from app.core.permissions import authorize
from app.core.text import plural
from app.reciprocity import policies
from app.reciprocity.documents.statement import PROVED, seal_statement
from app.reciprocity.forms.days import read_days
from app.reciprocity.queries.members import get_member
from app.reciprocity.queries.statements import (
    Statement,
    count_proof,
    iter_movements,
    list_movements,
    open_statement,
    read_proof,
    sum_parts,
)

bp = Blueprint("statements", __name__, url_prefix="/<slug>/heures/membres/<uuid:member_id>")

HEADER = (
    "Ligne",
    "Jour",
    "Noté le",
    "Mouvement",
    "Avec",
    "C’était quoi",
    "Minutes données (+) ou reçues (-)",
    "Solde en minutes",
    "Numéro du mouvement",
)
LATER = (
    "Le service qui date les documents ne répond pas. Nous ne donnons pas de relevé sans date"
    " certaine : réessayez dans quelques minutes. La page et le CSV sont à jour."
)


@bp.get("/releve")
def show(member_id: uuid.UUID) -> ResponseReturnValue:
    """A member's statement, for the team."""
    authorize(policies.can_record(g.actor))
    member = get_member(member_id)
    return answer_statement("reciprocity/statements/show.html", member.account_no, member=member)


@bp.get("/releve.pdf")
def pdf(member_id: uuid.UUID) -> ResponseReturnValue:
    """The same, sealed."""
    authorize(policies.can_record(g.actor))
    return answer_pdf(get_member(member_id).account_no)


def answer_statement(template: str, account_no: int, **context: object) -> ResponseReturnValue:
    """The page of a statement, or its CSV."""
    statement = _asked(account_no)
    match request.args.get("format"):
        case None:
            pass
        case "csv":
            return _csv(statement)
        case _:
            abort(404)
    before = request.args.get("avant", type=int)
    return render_template(
        template,
        statement=statement,
        parts=sum_parts(statement.number, statement.version),
        movements=list_movements(statement, before=before),
        before=before,
        **context,
    )


def answer_pdf(account_no: int) -> ResponseReturnValue:
    """The PDF of a statement; when it cannot be made, back to the page with a sentence."""
    statement = _asked(account_no)
    try:
        content = _seal(statement)
    except (DomainError, ServiceUnavailable) as refusal:
        flash(refusal.message if isinstance(refusal, DomainError) else LATER, "error")
        asked = {name: request.args[name] for name in ("du", "au") if name in request.args}
        return redirect(url_for(".show", **(asked | (request.view_args or {}))), 303)
    name = f"releve-compte-{account_no}-{statement.on}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="application/pdf", headers=headers)


def _asked(account_no: int) -> Statement:
    """The statement that the address asks for: until `au`, today at most; from `du`, if given."""
    since, until = read_days(request.args)
    on = min(until or today(), today())
    # The first day of all has none before it, where a statement could start from.
    told = since if since and date.min < since <= on else None
    return open_statement(account_no, on, told)


def _seal(statement: Statement) -> bytes:
    lines = count_proof(statement)
    if lines > PROVED:
        raise DomainError(
            f"Ce relevé a {plural(lines, 'ligne')} : un PDF en garde {plural(PROVED, 'ligne')} au plus."
            " Choisissez une période plus courte. Le CSV, lui, contient tout."
        )
    at = now().replace(microsecond=0)
    return seal_statement(statement, read_proof(statement), g.tenant.name, at)


def _csv(statement: Statement) -> Response:
    lines = stream_with_context(stream_csv(HEADER, _cells(statement, g.tenant.id)))
    name = f"releve-compte-{statement.number}-{statement.on}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines, mimetype="text/csv", headers=headers)


def _cells(statement: Statement, tenant_id: uuid.UUID) -> Iterator[tuple[object, ...]]:
    # Flask has ended the request, and its tenant, when the answer is sent: it is entered again.
    with tenant_context(tenant_id):
        for m in iter_movements(statement):
            yield (
                m.entry.version,
                m.transfer.happened_on.isoformat(),
                paris(m.transfer.posted_at).strftime("%Y-%m-%d %H:%M:%S"),
                m.transfer.kind_label,
                m.other,
                m.wording,
                m.entry.delta,
                m.entry.balance_after,
                m.transfer.id,
            )
