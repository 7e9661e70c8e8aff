"""The proof of the register: when it was last checked, what was found, and its seals."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.answers import download, page_number
from app.core.clock import paris
from app.core.db import db
from app.core.home import Task, gives_tasks
from app.core.listing import paginate
from app.core.permissions import Actor, authorize
from app.core.text import long_date, plural
from app.reciprocity import policies
from app.reciprocity.commands.verifying import ask_check
from app.reciprocity.documents.seal import pack_seal
from app.reciprocity.models import Seal
from app.reciprocity.queries import proof as queries
from app.reciprocity.queries.accounts import find_ledger

bp = Blueprint("proof", __name__, url_prefix="/<slug>/heures/preuve")
HEADER = ("Sceau", "Posé le", "Jours clos jusqu’au", "Comptes", "Lignes", "Racine", "Signé")
LOST = "La signature de ce sceau manque dans les fichiers gardés. La prochaine vérification le dira aussi."
SHOWN = 50
"""Faults listed on the page; the others are counted."""


@bp.get("/")
def index() -> ResponseReturnValue:
    """The last check, and the seals."""
    authorize(policies.can_read(g.actor))
    args = request.args
    statement = queries.list_seals(
        q=args.get("q", ""), year=args.get("annee", None, int), sort=args.get("tri", "-numero")
    )
    if "format" in args:
        return download("Sceaux du registre", HEADER, map(_cells, db.session.scalars(statement)))
    return render_template(
        "reciprocity/proof/index.html",
        opened=find_ledger() is not None,
        check=queries.find_last_check(),
        unfinished=queries.find_unfinished_check(),
        many=queries.has_many_members(),
        shown=SHOWN,
        page=paginate(statement, page_number()),
        years=[(str(year), str(year)) for year in queries.list_seal_years()],
        can_check=policies.can_record(g.actor),
    )


@bp.post("/verification")
def verification() -> ResponseReturnValue:
    """Check the register now, in the background."""
    ask_check(g.actor)
    return redirect(url_for(".index"), 303)


@bp.get("/sceaux/<int:number>")
def seal(number: int) -> ResponseReturnValue:
    """A seal with its signature and what it covers, to be checked elsewhere; 404 until it is signed.

    For the team: the accounts that moved on a day tell whom the fund helped that day."""
    authorize(policies.can_record(g.actor))
    found = queries.get_seal(number)
    if found.signature_sha256 is None:
        abort(404)
    try:
        archive = pack_seal(
            found, queries.find_root_before(number), queries.list_seal_heads(number)
        )
    except KeyError:
        flash(LOST, "error")
        return redirect(url_for(".index"), 303)
    name = f"attachment; filename=sceau-{number}.zip"
    return Response(archive, mimetype="application/zip", headers={"Content-Disposition": name})


@gives_tasks
def list_proof_tasks(actor: Actor) -> list[Task]:
    """What the last check found, or that it did not finish, for those who can do something about it."""
    if not policies.can_manage(actor):
        return []
    unfinished, check = queries.find_unfinished_check(), queries.find_last_check()
    if unfinished and unfinished.failed_at:
        detail = f"La vérification du {long_date(unfinished.created_at)} n’a pas pu finir."
    elif check and check.faults:
        count = plural(len(check.faults), "point")
        detail = f"La vérification du {long_date(check.finished_at)} a trouvé {count} à regarder."
    else:
        return []
    return [
        Task(
            rank=5,
            title="Regarder le registre des heures",
            detail=detail,
            button="Voir la preuve du registre",
            url=url_for("proof.index"),
        )
    ]


def _cells(found: Seal) -> tuple[object, ...]:
    return (
        found.number,
        paris(found.sealed_at).strftime("%Y-%m-%d %H:%M:%S"),
        found.closed_through.isoformat(),
        found.accounts,
        found.entries,
        found.root.hex(),
        "oui" if found.signature_sha256 else "en attente",
    )
