"""Hours with other organisations: who owes what, what was agreed, exchanges."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.db import db
from app.core.home import Task, gives_tasks
from app.core.listing import paginate
from app.core.permissions import Actor, authorize
from app.core.text import duration
from app.reciprocity import policies
from app.reciprocity.commands import clearing as commands
from app.reciprocity.forms.clearing import (
    CodeForm,
    LimitForm,
    ProposalForm,
    ReversalForm,
    VisitDraft,
    VisitForm,
)
from app.reciprocity.models import Mirror, MirrorState
from app.reciprocity.queries import clearing as queries
from app.reciprocity.queries.accounts import name_accounts
from app.reciprocity.queries.clearing import Pair, Visit
from app.reciprocity.queries.exchanges import list_common_accounts, list_people
from app.tenants.queries import get_tenant, list_open_tenants

bp = Blueprint("clearing", __name__, url_prefix="/<slug>/heures/ailleurs")
PAIRS = ("Organisation", "Nous lui devons (minutes)", "Limite (minutes)", "Accord")
VISITS = ("Jour", "Notre membre", "Sens", "Minutes", "Organisation", "Code de visite", "Annulé")
STATES = {
    MirrorState.PROPOSED: "Nous attendons leur réponse",
    MirrorState.RECEIVED: "Une réponse est attendue",
    MirrorState.AGREED: "D’accord",
    MirrorState.SUSPENDED: "Suspendu",
    MirrorState.DECLINED: "Pas d’accord",
}
LATEST = 8


@bp.get("/")
def index() -> ResponseReturnValue:
    """Who owes what, in one sentence for each other organisation."""
    authorize(policies.can_read(g.actor))
    pairs = queries.list_pairs(sort=request.args.get("tri", "nom"))
    if "format" in request.args:
        return download("Heures avec les autres lieux", PAIRS, map(_pair_cells, pairs))
    nettings = queries.list_nettings_to_answer()
    return render_template(
        "reciprocity/clearing/index.html",
        pairs=pairs,
        states=STATES,
        received=[pair for pair in pairs if pair.mirror.state == MirrorState.RECEIVED],
        nettings=nettings,
        can_record=policies.can_record(g.actor),
        can_manage=policies.can_manage(g.actor),
    )


@bp.route("/nouvel-accord", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Propose to another organisation to exchange hours."""
    authorize(policies.can_manage(g.actor))
    form = ProposalForm.among(_strangers())
    mirror = attempt(
        form,
        lambda: commands.say_limit(g.actor, uuid.UUID(form.peer.data), form.limit.data),
    )
    if mirror is None:
        return show_form("reciprocity/clearing/new.html", form)
    flash(_told(mirror))
    return redirect(url_for(".show", peer_id=mirror.peer_id), 303)


@bp.get("/<uuid:peer_id>")
def show(peer_id: uuid.UUID) -> ResponseReturnValue:
    """Another organisation: who owes what, the agreement, the last exchanges."""
    authorize(policies.can_read(g.actor))
    pair = queries.get_pair(peer_id)
    rows = db.session.execute(queries.list_visits(peer_id=peer_id).limit(LATEST))
    return render_template(
        "reciprocity/clearing/show.html",
        pair=pair,
        visits=[queries.as_visit(row) for row in rows],
        can_record=policies.can_record(g.actor),
        can_manage=policies.can_manage(g.actor),
    )


@bp.route("/<uuid:peer_id>/limite", methods=["GET", "POST"])
def limit(peer_id: uuid.UUID) -> ResponseReturnValue:
    """Accept a limit, or say another one."""
    authorize(policies.can_manage(g.actor))
    pair = queries.get_pair(peer_id)
    form = LimitForm(limit=pair.mirror.ours_minutes or pair.mirror.theirs_minutes)
    mirror = attempt(form, lambda: commands.say_limit(g.actor, peer_id, form.limit.data))
    if mirror is None:
        return show_form("reciprocity/clearing/limit.html", form, pair=pair)
    flash(_told(mirror))
    return redirect(url_for(".show", peer_id=peer_id), 303)


@bp.post("/<uuid:peer_id>/suspension")
def suspension(peer_id: uuid.UUID) -> ResponseReturnValue:
    """Decline, take a proposal back, or stop exchanging: what is owed stays owed."""
    mirror = commands.say_limit(g.actor, queries.get_pair(peer_id).mirror.peer_id, None)
    back = url_for(".show", peer_id=peer_id)
    if mirror.limit_minutes is None:
        flash("C’est noté : il n’y a pas d’accord avec cette organisation.")
    else:
        flash_undo(
            "Les échanges sont suspendus.", url_for(".resumption", peer_id=peer_id), "Les reprendre"
        )
    return redirect(back, 303)


@bp.post("/<uuid:peer_id>/reprise")
def resumption(peer_id: uuid.UUID) -> ResponseReturnValue:
    """Exchange again, under the limit of before."""
    flash(_told(commands.resume(g.actor, peer_id)))
    return redirect(url_for(".show", peer_id=peer_id), 303)


@bp.route("/<uuid:peer_id>/echange", methods=["GET", "POST"])
def record(peer_id: uuid.UUID) -> ResponseReturnValue:
    """Note that someone received from someone of theirs: who, from which code, how long."""
    authorize(policies.can_record(g.actor))
    pair, draft = queries.get_pair(peer_id), VisitDraft.read(peer_id, request.args)
    if draft.receiver is None:
        return _ask_who(pair, draft)
    told = {"pair": pair, "draft": draft, "name": _name(draft.receiver)}
    code = CodeForm(request.args)
    if not draft.code or not code.validate() or "changer" in request.args:
        return show_form("reciprocity/clearing/code.html", code, **told)
    form = VisitForm(code=draft.code)
    if not attempt(form, lambda: commands.record_received_help(g.actor, form.help(draft))):
        question = "code" if form.code.errors else "how_long"
        return show_form(f"reciprocity/clearing/{question}.html", form, **told)
    undo = url_for(".reversal", transfer_id=draft.key)
    flash_undo("L’échange est noté, ici et chez eux.", undo, "Annuler cet échange")
    return redirect(url_for(".visit", transfer_id=draft.key), 303)


@bp.get("/echanges")
def visits() -> ResponseReturnValue:
    """Every exchange with other organisations."""
    authorize(policies.can_read(g.actor))
    statement = queries.list_visits(
        peer_id=request.args.get("lieu", None, uuid.UUID),
        q=request.args.get("q", ""),
        sort=request.args.get("tri", "-date"),
    )
    if "format" in request.args:
        rows = map(queries.as_visit, db.session.execute(statement))
        return download("Échanges avec les autres lieux", VISITS, map(_visit_cells, rows))
    page = paginate(statement, page_number(), entities=False)
    return render_template(
        "reciprocity/clearing/visits.html",
        page=page,
        visits=[queries.as_visit(row) for row in page.rows],
        places=[(str(pair.mirror.peer_id), pair.name) for pair in queries.list_pairs()],
    )


@bp.get("/echanges/<uuid:transfer_id>")
def visit(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """One exchange with another organisation."""
    authorize(policies.can_read(g.actor))
    return render_template(
        "reciprocity/clearing/visit.html",
        visit=queries.get_visit(transfer_id),
        form=ReversalForm(formdata=None),
        can_record=policies.can_record(g.actor),
    )


@bp.post("/echanges/<uuid:transfer_id>/annulation")
def reversal(transfer_id: uuid.UUID) -> ResponseReturnValue:
    """Undo an exchange, here and there."""
    form = ReversalForm()
    if attempt(form, lambda: commands.reverse_visit(g.actor, transfer_id, form.reason.data)):
        flash("L’échange est annulé, ici et chez eux. Les heures sont revenues comme avant.")
        return redirect(url_for(".visit", transfer_id=transfer_id), 303)
    return show_form(
        "reciprocity/clearing/visit.html",
        form,
        visit=queries.get_visit(transfer_id),
        can_record=policies.can_record(g.actor),
    )


@gives_tasks
def list_clearing_tasks(actor: Actor) -> list[Task]:
    """Proposals that await our answer; organisations with which a gathering would help."""
    if not policies.can_manage(actor):
        return []
    return [
        *map(_answer_task, queries.list_received_pairs()),
        *(_gathering_task(pair) for pair in queries.list_pairs() if pair.is_tense),
    ]


def _answer_task(pair: Pair) -> Task:
    return Task(
        rank=12,
        title=f"Répondre à {pair.name}",
        detail=f"Une proposition d’échanger des heures, jusqu’à {duration(pair.mirror.theirs_minutes or 0)}.",
        button="Lire la proposition",
        url=url_for("clearing.show", peer_id=pair.mirror.peer_id),
    )


def _gathering_task(pair: Pair) -> Task:
    return Task(
        rank=45,
        title=f"Préparer une rencontre avec {pair.name}",
        detail="La limite de vos échanges approche. Un moment commun les rééquilibre.",
        button="Voir où vous en êtes",
        url=url_for("clearing.show", peer_id=pair.mirror.peer_id),
    )


def _ask_who(pair: Pair, draft: VisitDraft) -> ResponseReturnValue:
    q = request.args.get("nom", "").strip()
    return render_template(
        "reciprocity/clearing/who.html",
        pair=pair,
        draft=draft,
        q=q,
        people=list_people(q),
        others=list_common_accounts(),
    )


def _strangers() -> list[tuple[str, str]]:
    """The organisations (id, name) to which one may propose: the others have their page."""
    known = {g.tenant.id, *(pair.mirror.peer_id for pair in queries.list_pairs())}
    open_ = list_open_tenants()
    return [(str(t.id), t.name) for t in open_ if t.id not in known and not t.is_funder]


def _name(account_no: int) -> str:
    names = name_accounts([account_no])
    if not names:
        raise NoResultFound
    return names[account_no]


def _told(mirror: Mirror) -> str:
    name = get_tenant(mirror.peer_id).short_name
    if mirror.state == MirrorState.AGREED:
        return f"Vous êtes d’accord avec {name}, jusqu’à {duration(mirror.limit_minutes or 0)}."
    return f"Votre proposition est envoyée à {name}."


def _pair_cells(pair: Pair) -> tuple[object, ...]:
    state = STATES[MirrorState(pair.mirror.state)]
    return pair.name, pair.balance, pair.mirror.limit_minutes, state


def _visit_cells(visit: Visit) -> tuple[object, ...]:
    return (
        visit.transfer.happened_on.isoformat(),
        visit.name,
        "a reçu" if visit.we_received else "a donné",
        visit.transfer.minutes,
        visit.peer_name,
        visit.code,
        "oui" if visit.is_reversed else "",
    )
