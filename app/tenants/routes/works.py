"""The work in the background: what waits, what failed, and running it again."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import jobs
from app.core.access import fresh
from app.core.answers import download, page_number
from app.core.clock import paris
from app.core.db import db
from app.core.jobs import OutboxRow
from app.core.listing import paginate
from app.core.permissions import Actor, authorize
from app.tenants import policies

bp = Blueprint("jobs", __name__, url_prefix="/<slug>/travaux")
STATES = (("failed", "Arrêté"), ("waiting", "En attente"), ("done", "Fait"))
LABELS = {
    "conventions.advance_sealing": "Poser les signatures et le sceau",
    "conventions.expire_conventions": "Fermer les conventions arrivées à leur fin",
    "conventions.freeze_document": "Préparer le document à signer",
    "conventions.receive_answer": "Recevoir une réponse",
    "conventions.receive_link_request": "Envoyer un lien de signature",
    "conventions.receive_proposal": "Recevoir une proposition",
    "conventions.receive_status": "Recevoir des nouvelles d’une convention",
    "conventions.sweep_signatures": "Reprendre les signatures en attente",
    "core.forget": "Effacer ce qui a dépassé sa durée",
    "core.send_mail": "Envoyer un e-mail",
    "reciprocity.receive_limit": "Recevoir une proposition d’échange d’heures",
    "reciprocity.receive_balances": "Recevoir ce que deux lieux se doivent",
    "reciprocity.receive_netting": "Recevoir une compensation entre lieux",
    "reciprocity.receive_netting_answer": "Recevoir une réponse à une compensation",
    "reciprocity.post_netting": "Écrire une compensation entre lieux",
    "reciprocity.tend_nettings": "Préparer les compensations du mois",
    "reciprocity.carry_out_import": "Reprendre un fichier dans le registre des heures",
    "reciprocity.forget_imports": "Effacer les fichiers qui n’ont pas été repris",
    "reciprocity.try_import": "Vérifier un fichier à reprendre",
    "reciprocity.check_register": "Vérifier le registre des heures",
    "reciprocity.expire_requests": "Fermer les demandes restées sans réponse",
    "reciprocity.remind_offers": "Prévenir avant la fin des annonces",
    "reciprocity.remind_request": "Rappeler un échange à confirmer",
    "reciprocity.seal_register": "Clore les jours passés du registre des heures",
    "reciprocity.send_space_links": "Envoyer le lien d’un espace personnel",
    "reciprocity.sign_seal": "Signer et dater le sceau du registre des heures",
    "reciprocity.write_seal": "Sceller le registre des heures",
    "tenants.purge_proofs": "Effacer les liens et les codes périmés",
    "tenants.send_sign_in_link": "Envoyer un lien de connexion",
}
HEADER = ("Travail", "État", "Créé le", "Essais", "Erreur")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The work of the organisation; of the whole installation for Ocytocines."""
    authorize(policies.can_see_jobs(g.actor))
    statement = jobs.list_jobs(_scope(g.actor), state=request.args.get("etat", ""))
    if "format" in request.args:
        return download("Travaux", HEADER, map(_cells, db.session.scalars(statement)))
    page = paginate(statement, page_number())
    return render_template(
        "tenants/jobs/index.html", page=page, states=STATES, labels=LABELS, state_of=state_of
    )


@bp.post("/<uuid:row_id>/reprise")
@fresh
def retry(row_id: uuid.UUID) -> ResponseReturnValue:
    """Run failed work again; work that is not stopped any more is left alone."""
    authorize(policies.can_see_jobs(g.actor))
    mine = jobs.list_jobs(_scope(g.actor)).where(OutboxRow.id == row_id)
    if db.session.scalars(mine).one().failed_at:
        jobs.run_again(row_id)
    flash("Le travail est relancé.")
    return redirect(url_for(".index"), 303)


def state_of(row: OutboxRow) -> tuple[str, str]:
    """The state of a piece of work: its code and its French word."""
    if row.done_at:
        return STATES[2]
    return STATES[0] if row.failed_at else STATES[1]


def _cells(row: OutboxRow) -> tuple[object, ...]:
    created = paris(row.created_at).strftime("%Y-%m-%d %H:%M:%S")
    name = LABELS.get(row.name, row.name)
    return name, state_of(row)[1], created, row.attempts, row.last_error or ""


def _scope(actor: Actor) -> uuid.UUID | None:
    """Whose work the actor sees; None for everyone's."""
    return None if actor.is_network else actor.tenant_id
