"""In a member's own space: what others offer and look for, and one's own notices."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import public
from app.core.answers import attempt, flash_undo, page_number, show_form
from app.core.limits import throttled
from app.core.listing import paginate
from app.reciprocity.commands import offers
from app.reciprocity.forms.space import NewNoticeForm, OwnNoticeForm
from app.reciprocity.models import OfferKind
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.offers import OfferFilter, get_offer, list_member_offers, list_offers
from app.reciprocity.routes.inside import inside, space

bp = inside("space_notices", __name__, "/annonces")

KINDS = ((OfferKind.OFFER.value, "On propose"), (OfferKind.REQUEST.value, "On cherche"))


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """What others offer and look for."""
    args = request.args
    wanted = OfferFilter(
        q=args.get("q", "").strip(),
        kind=args.get("genre", ""),
        category_id=args.get("theme", None, uuid.UUID),
    )
    return render_template(
        "reciprocity/space/notices.html",
        page=paginate(list_offers(wanted), page_number()),
        kinds=KINDS,
        themes=[(str(category.id), category.name) for category in list_categories()],
        mine=list_member_offers(space().member.id),
        ended=list_member_offers(space().member.id, ended=True),
    )


@bp.route("/nouvelle", methods=["GET", "POST"])
@public
@throttled("30 per hour", needs_redis=False)
def new() -> ResponseReturnValue:
    """Offer, or ask for, something."""
    form = NewNoticeForm.among(list_categories(), request.args.get("genre"))
    publish = offers.publish_offer
    notice = attempt(
        form,
        lambda: publish(space().actor, space().member.id, form.sheet(), offer_id=form.key),
    )
    if notice is None:
        return show_form("reciprocity/space/notice.html", form, notice=None)
    flash("Votre annonce est affichée.")
    return redirect(url_for(".index"), 303)


@bp.route("/<uuid:offer_id>/texte", methods=["GET", "POST"])
@public
@throttled("30 per hour", needs_redis=False)
def edit(offer_id: uuid.UUID) -> ResponseReturnValue:
    """Change what my notice says."""
    notice = get_offer(offer_id)
    if notice.member_id != space().member.id:
        abort(404)
    form = OwnNoticeForm.of(notice, list_categories())
    update, known = offers.update_offer, form.seen()
    saved = attempt(
        form, lambda: update(space().actor, offer_id, form.sheet(notice), version=known)
    )
    if saved is None:
        return show_form("reciprocity/space/notice.html", form, notice=notice)
    flash("Votre annonce est à jour.")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:offer_id>/renouvellement")
@public
@throttled("60 per hour", needs_redis=False)
def renewal(offer_id: uuid.UUID) -> ResponseReturnValue:
    """Show a notice for six months more."""
    offers.renew_offers(space().actor, [offer_id])
    flash("Votre annonce est affichée pour six mois de plus.")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:offer_id>/retrait")
@public
@throttled("60 per hour", needs_redis=False)
def closing(offer_id: uuid.UUID) -> ResponseReturnValue:
    """No longer show a notice."""
    notice = offers.close_offer(space().actor, offer_id)
    back = url_for(".reopening", offer_id=offer_id)
    flash_undo(f"« {notice.title} » n’est plus affichée.", back, "La remettre")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:offer_id>/retour")
@public
@throttled("60 per hour", needs_redis=False)
def reopening(offer_id: uuid.UUID) -> ResponseReturnValue:
    """Show a notice again."""
    offers.reopen_offer(space().actor, offer_id)
    flash("Votre annonce est de nouveau affichée.")
    return redirect(url_for(".index"), 303)
