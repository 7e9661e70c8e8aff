"""The door to a member's own space: a link asked for by e-mail, sent or printed by the team, closed."""

from __future__ import annotations

import uuid

import segno
from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core.access import public
from app.core.answers import attempt, show_form
from app.core.forms import Form
from app.core.limits import account, throttled
from app.core.permissions import authorize
from app.reciprocity import emails, policies
from app.reciprocity.commands import addresses, links
from app.reciprocity.commands.links import LinkRefused
from app.reciprocity.forms.space import DoorForm
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.clearing import find_visit_code
from app.reciprocity.queries.links import get_link
from app.reciprocity.queries.members import get_member
from app.reciprocity.routes.inside import refuse

bp = Blueprint("space_door", __name__, url_prefix="/<slug>")
bp.register_error_handler(LinkRefused, refuse)


@bp.get("/mon-espace/")
@public
def ask() -> ResponseReturnValue:
    """Ask for the link of one's own space."""
    return render_template("reciprocity/space/ask.html", form=DoorForm())


@bp.post("/mon-espace/")
@public
@throttled("5 per 10 minutes", account)
@throttled("30 per 10 minutes")
def send() -> ResponseReturnValue:
    """Have the link sent, if the address is known."""
    form = DoorForm()
    if not form.validate_on_submit():
        return render_template("reciprocity/space/ask.html", form=form), 422
    links.ask_link(form.email.data or "")
    return redirect(url_for(".sent"), 303)


@bp.get("/mon-espace/envoi")
@public
def sent() -> ResponseReturnValue:
    """The same answer whether or not the address is known."""
    return render_template("reciprocity/space/sent.html")


@bp.route("/mon-espace/adresse/<sealed>", methods=["GET", "POST"])
@public
@throttled("30 per 10 minutes", needs_redis=False)
def address(sealed: str) -> ResponseReturnValue:
    """Confirm that an address is one's own."""
    asked, form = addresses.read_address(sealed), Form()
    if attempt(form, lambda: addresses.confirm_address(sealed)) is None:
        return show_form("reciprocity/space/address.html", form, asked=asked)
    return redirect(url_for(".address", sealed=sealed), 303)


@bp.get("/heures/membres/<uuid:member_id>/lien")
def show(member_id: uuid.UUID) -> ResponseReturnValue:
    """The ways to give someone their link."""
    authorize(policies.can_record(g.actor))
    return render_template("reciprocity/space/give.html", member=get_member(member_id))


@bp.post("/heures/membres/<uuid:member_id>/lien")
def give(member_id: uuid.UUID) -> ResponseReturnValue:
    """Send someone their link."""
    links.send_link(g.actor, member_id)
    flash(f"Le lien part par e-mail à {get_member(member_id).name}.")
    return redirect(url_for(".show", member_id=member_id), 303)


@bp.post("/heures/membres/<uuid:member_id>/lien/papier")
def paper(member_id: uuid.UUID) -> ResponseReturnValue:
    """Make a link to be printed."""
    link = links.print_link(g.actor, member_id)
    return redirect(url_for(".printed", member_id=member_id, link_id=link.id), 303)


@bp.get("/heures/membres/<uuid:member_id>/lien/papier/<uuid:link_id>")
def printed(member_id: uuid.UUID, link_id: uuid.UUID) -> ResponseReturnValue:
    """The link on a sheet, with its code to photograph."""
    authorize(policies.can_record(g.actor))
    link, member = get_link(link_id), get_member(member_id)
    if link.member_id != member.id or not link.is_live:
        abort(404)
    url = emails.space_url(link)
    return render_template(
        "reciprocity/space/printed.html",
        member=member,
        link=link,
        url=url,
        code=segno.make(url, error="m").svg_data_uri(scale=6, border=2, light="#fff"),
        visit_code=find_visit_code(get_account(member.account_no)),
    )


@bp.post("/heures/membres/<uuid:member_id>/lien/fermeture")
def closing(member_id: uuid.UUID) -> ResponseReturnValue:
    """Close every link of someone."""
    links.revoke_links(g.actor, member_id)
    flash("Les liens sont fermés. Plus personne n’entre dans cet espace sans un nouveau lien.")
    return redirect(url_for(".show", member_id=member_id), 303)
