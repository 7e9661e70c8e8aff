"""Offers and requests: the list, one of them with who could help, publishing for someone."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.audit import list_events
from app.core.clock import paris
from app.core.db import db
from app.core.home import Task, gives_tasks
from app.core.listing import paginate
from app.core.permissions import Actor, authorize
from app.core.text import join_names, plural
from app.reciprocity import policies
from app.reciprocity.commands import offers as commands
from app.reciprocity.forms.offers import OfferForm, PublishingForm, RenewalForm
from app.reciprocity.models import OFFER_KIND_LABELS, Member, Offer
from app.reciprocity.queries import offers as queries
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.members import get_member, list_members
from app.reciprocity.queries.offers import OfferFilter
from app.tenants.queries import list_run_bulles

bp = Blueprint("offers", __name__, url_prefix="/<slug>/heures/annonces")
HEADER = ("Genre", "Annonce", "Texte", "Thème", "Membre", "À plusieurs", "Publiée le", "Jusqu’au")
FOUND = 12
"""How many people are offered for a search."""


@bp.get("/")
def index() -> ResponseReturnValue:
    """What members offer and ask for."""
    authorize(policies.can_read(g.actor))
    statement = queries.list_offers(_filter(), request.args.get("tri", "-date"))
    if "format" in request.args:
        return download("Annonces", HEADER, map(_cells, db.session.scalars(statement)))
    return render_template(
        "reciprocity/offers/index.html",
        page=paginate(statement, page_number()),
        kinds=OFFER_KIND_LABELS.items(),
        states=queries.STATES.items(),
        categories=[(str(category.id), category.name) for category in list_categories()],
        bulles=[(str(bulle.id), bulle.name) for bulle in list_run_bulles(g.tenant.id)],
        can_record=policies.can_record(g.actor),
    )


@bp.get("/pour")
def whom() -> ResponseReturnValue:
    """For whom one publishes: the people seen last, or those of a name."""
    authorize(policies.can_record(g.actor))
    q = request.args.get("q", "")
    found = list_members(q=q, sort="nom" if q else "-dernier", for_team=True).limit(FOUND)
    return render_template(
        "reciprocity/offers/whom.html", people=[_choice(m) for m in db.session.scalars(found)]
    )


@bp.route("/nouvelle", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Publish for someone (`membre`)."""
    authorize(policies.can_record(g.actor))
    member = _chosen()
    if member is None:
        return redirect(url_for(".whom"), 303)
    form = PublishingForm(list_categories())
    form.kind.data = form.kind.data or request.args.get("genre")
    offer = attempt(
        form,
        lambda: commands.publish_offer(g.actor, member.id, form.sheet(), offer_id=form.offer_id()),
    )
    if offer is None:
        return show_form("reciprocity/offers/new.html", form, member=member)
    flash("L’annonce est publiée.")
    return _to(offer.id)


@bp.get("/<uuid:offer_id>")
def show(offer_id: uuid.UUID) -> ResponseReturnValue:
    """One notice, who published it for whom, who could help."""
    authorize(policies.can_read(g.actor))
    offer = queries.get_offer(offer_id)
    if offer.member.erased_at:
        raise NoResultFound
    return render_template(
        "reciprocity/offers/show.html",
        offer=offer,
        events=db.session.scalars(list_events(subject_id=offer_id)).all(),
        people=queries.propose_people(offer) if offer.is_open else [],
        can_record=policies.can_record(g.actor),
    )


@bp.route("/<uuid:offer_id>/texte", methods=["GET", "POST"])
def edit(offer_id: uuid.UUID) -> ResponseReturnValue:
    """Change a notice."""
    authorize(policies.can_record(g.actor))
    offer = queries.get_offer(offer_id)
    form = OfferForm(list_categories(), offer)
    saved = attempt(
        form,
        lambda: commands.update_offer(g.actor, offer_id, form.sheet(), version=form.seen()),
    )
    if saved is None:
        return show_form("reciprocity/offers/edit.html", form, offer=offer)
    flash("L’annonce est à jour.")
    return _to(offer_id)


@bp.post("/<uuid:offer_id>/renouvellement")
def renewal(offer_id: uuid.UUID) -> ResponseReturnValue:
    """Show a notice for six months more."""
    commands.renew_offers(g.actor, [offer_id])
    flash("L’annonce est montrée encore six mois.")
    return _to(offer_id)


@bp.post("/<uuid:offer_id>/retrait")
def closing(offer_id: uuid.UUID) -> ResponseReturnValue:
    """No longer show a notice."""
    offer = commands.close_offer(g.actor, offer_id)
    back = url_for(".reopening", offer_id=offer_id)
    flash_undo(f"« {offer.title} » n’est plus montrée.", back, "La remettre")
    return _to(offer_id)


@bp.post("/<uuid:offer_id>/retour")
def reopening(offer_id: uuid.UUID) -> ResponseReturnValue:
    """Show a notice again."""
    offer = commands.reopen_offer(g.actor, offer_id)
    flash(f"« {offer.title} » est de nouveau montrée.")
    return _to(offer_id)


@bp.route("/a-renouveler", methods=["GET", "POST"])
def ending() -> ResponseReturnValue:
    """The notices that end soon, and those that have just ended: renew several at once."""
    authorize(policies.can_record(g.actor))
    offers = queries.list_ending_offers()
    form = RenewalForm(offers)
    renewed = attempt(form, lambda: commands.renew_offers(g.actor, form.chosen()))
    if renewed is None:
        return show_form("reciprocity/offers/ending.html", form, offers=offers)
    flash(f"{plural(renewed, 'annonce')} pour six mois de plus.")
    return redirect(url_for(".index"), 303)


@gives_tasks
def await_renewal(actor: Actor) -> list[Task]:
    """Notices that end soon, of members without an address: nobody else will be told."""
    count = queries.count_silent_offers() if policies.can_record(actor) else 0
    if not count:
        return []
    return [
        Task(
            title=f"{plural(count, 'annonce')} à renouveler",
            detail="Ces personnes n’ont pas d’adresse e-mail.",
            url=url_for("offers.ending"),
            button="Voir les annonces",
            rank=60,
        )
    ]


def _to(offer_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", offer_id=offer_id), 303)


def _filter() -> OfferFilter:
    args = request.args
    return OfferFilter(
        q=args.get("q", ""),
        kind=args.get("genre", ""),
        category_id=args.get("theme", type=uuid.UUID),
        bulle_id=args.get("bulle", type=uuid.UUID),
        state=args.get("etat", ""),
    )


def _chosen() -> Member | None:
    member_id = request.args.get("membre", type=uuid.UUID)
    return get_member(member_id) if member_id else None


def _choice(member: Member) -> dict[str, str]:
    return {
        "nom": member.name,
        "note": join_names(member.interests[:3]),
        "url": url_for(".new", membre=member.id),
    }


def _cells(offer: Offer) -> tuple[object, ...]:
    return (
        offer.kind_label,
        offer.title,
        offer.text,
        offer.category.name,
        offer.member.name,
        "oui" if offer.for_group else "non",
        paris(offer.published_at).date(),
        offer.expires_on,
    )
