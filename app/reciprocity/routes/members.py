"""The members: who they are, what they gave and received, their limits, coming and going."""

from __future__ import annotations

import json
import uuid

import sqlalchemy as sa
from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import fresh
from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.clock import today
from app.core.db import db
from app.core.forms import Form
from app.core.listing import paginate
from app.core.permissions import authorize
from app.core.text import slugify
from app.reciprocity import policies
from app.reciprocity.commands import members as commands
from app.reciprocity.commands.accounts import follow_default_limits, set_limits
from app.reciprocity.forms.members import JoiningForm, LimitsForm, MemberForm
from app.reciprocity.models import Member
from app.reciprocity.models.invitations import invitation, tell_limits, tell_totals
from app.reciprocity.models.matching import shared_interests
from app.reciprocity.queries import members as queries
from app.reciprocity.queries.accounts import find_terms, get_account
from app.reciprocity.queries.clearing import find_visit_code
from app.reciprocity.queries.holdings import collect_holdings, flatten_holdings, to_plain
from app.reciprocity.queries.members import Totals
from app.reciprocity.queries.offers import list_member_offers
from app.reciprocity.queries.statements import sum_parts
from app.tenants.models import Bulle
from app.tenants.queries import get_bulle, list_run_bulles

bp = Blueprint("people", __name__, url_prefix="/<slug>/heures/membres")
HEADER = (
    "Nom",
    "Bulle",
    "Centres d’intérêt",
    "Membre depuis le",
    "Départ le",
    "Minutes données",
    "Minutes reçues",
)
CONTACTS = ("E-mail", "Téléphone")
COMPANY = 5
"""How many people with something in common the sheet names."""


@bp.get("/")
def index() -> ResponseReturnValue:
    """The members, or those who left."""
    authorize(policies.can_read(g.actor))
    statement = _search()
    if "format" in request.args:
        return _download(list(db.session.scalars(statement)))
    page = paginate(statement, page_number())
    return render_template(
        "reciprocity/members/index.html",
        page=page,
        totals=queries.list_totals(member.account_no for member in page.rows),
        nothing=Totals(0, 0),
        namesakes=queries.list_namesakes(page.rows),
        tell=tell_totals,
        bulles=_bulle_names(),
        can_record=policies.can_record(g.actor),
    )


@bp.route("/nouveau", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Welcome someone."""
    authorize(policies.can_record(g.actor))
    form = JoiningForm(list_run_bulles(g.tenant.id))
    member = attempt(
        form,
        lambda: commands.join_member(g.actor, form.sheet(), member_id=form.member_id()),
    )
    if member is None:
        return show_form("reciprocity/members/new.html", form)
    flash(_welcome(member))
    return _to(member.id)


@bp.get("/<uuid:member_id>")
def show(member_id: uuid.UUID) -> ResponseReturnValue:
    """A member's sheet."""
    authorize(policies.can_read(g.actor))
    member = queries.get_member(member_id)
    if member.erased_at:
        return render_template("reciprocity/members/erased.html", member=member)
    return render_template(
        "reciprocity/members/show.html",
        member=member,
        bulle=_bulle_names().get(str(member.bulle_id), ""),
        company=_company(member),
        **_hours(member),
        offers=list_member_offers(member.id),
        **_rights(),
    )


@bp.route("/<uuid:member_id>/fiche", methods=["GET", "POST"])
def edit(member_id: uuid.UUID) -> ResponseReturnValue:
    """Change a sheet."""
    authorize(policies.can_record(g.actor))
    member = queries.get_member(member_id)
    form = MemberForm(_bulles_for(member), member)
    saved = attempt(
        form,
        lambda: commands.update_member(g.actor, member_id, form.sheet(), version=form.seen()),
    )
    if saved is None:
        return show_form("reciprocity/members/edit.html", form, member=member)
    flash("La fiche est à jour.")
    return _to(member_id)


@bp.route("/<uuid:member_id>/depart", methods=["GET", "POST"])
def departure(member_id: uuid.UUID) -> ResponseReturnValue:
    """Someone leaves: what will happen to their hours, then do it."""
    authorize(policies.can_manage(g.actor))
    member, form = queries.get_member(member_id), Form()
    if attempt(form, lambda: commands.leave_member(g.actor, member_id)) is None:
        account = get_account(member.account_no)
        return show_form("reciprocity/members/departure.html", form, member=member, account=account)
    flash_undo(
        f"Le départ de {member.name} est noté.",
        url_for(".comeback", member_id=member_id),
        "Annuler ce départ",
    )
    return _to(member_id)


@bp.post("/<uuid:member_id>/retour")
def comeback(member_id: uuid.UUID) -> ResponseReturnValue:
    """Someone who had left is back."""
    member = commands.return_member(g.actor, member_id)
    flash(f"{member.name} est de nouveau membre.")
    return _to(member_id)


@bp.route("/<uuid:member_id>/effacement", methods=["GET", "POST"])
@fresh
def erasure(member_id: uuid.UUID) -> ResponseReturnValue:
    """Forget a person, who asked for it or left long ago."""
    authorize(policies.can_manage(g.actor))
    member, form = queries.get_member(member_id), Form()
    name = member.name
    if attempt(form, lambda: commands.erase_member(g.actor, member_id)) is None:
        account = get_account(member.account_no)
        return show_form("reciprocity/members/erasure.html", form, member=member, account=account)
    flash(f"{name} n’est plus dans le registre. Les comptes restent justes.")
    return redirect(url_for(".index"), 303)


@bp.get("/<uuid:member_id>/donnees")
def data(member_id: uuid.UUID) -> ResponseReturnValue:
    """All that is held about one person, to hand over to them."""
    authorize(policies.can_manage(g.actor))
    member = queries.get_member(member_id)
    holdings = collect_holdings(member)
    title = f"Données de {member.name}"
    if request.args.get("format") != "json":
        return download(title, ("Rubrique", "Information"), flatten_holdings(holdings))
    body = json.dumps(to_plain(holdings), ensure_ascii=False, indent=2)
    name = f"{slugify(title)}-{today()}.json"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype="application/json", headers=disposition)


@bp.route("/<uuid:member_id>/limites", methods=["GET", "POST"])
def limits(member_id: uuid.UUID) -> ResponseReturnValue:
    """Give someone limits of their own."""
    authorize(policies.can_manage(g.actor))
    member = queries.get_member(member_id)
    account = get_account(member.account_no)
    form = LimitsForm.of(account)
    if attempt(form, lambda: _set_limits(account.number, form)) is None:
        return show_form(
            "reciprocity/members/limits.html",
            form,
            member=member,
            account=account,
            tell_limits=tell_limits,
        )
    flash("Les limites sont enregistrées.")
    return _to(member_id)


@bp.post("/<uuid:member_id>/limites/retour")
def default_limits(member_id: uuid.UUID) -> ResponseReturnValue:
    """Give someone back the limits of everyone."""
    authorize(policies.can_manage(g.actor))
    follow_default_limits(g.actor, queries.get_member(member_id).account_no)
    flash("Les limites de la Bulle valent de nouveau.")
    return _to(member_id)


def _search() -> sa.Select[Member]:
    args = request.args
    return queries.list_members(
        q=args.get("q", ""),
        bulle_id=args.get("bulle", type=uuid.UUID),
        left=args.get("etat") == "partis",
        sort=args.get("tri", "nom"),
        for_team=policies.can_record(g.actor),
    )


def _to(member_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for(".show", member_id=member_id), 303)


def _set_limits(number: int, form: LimitsForm) -> bool:
    set_limits(g.actor, number, form.floor(), form.ceiling(), form.reason.data or "")
    return True


def _hours(member: Member) -> dict[str, object]:
    """What they gave and received. Whatever tells that the fund helped them is for the team."""
    is_team = policies.can_record(g.actor)
    account, terms = get_account(member.account_no), find_terms(member.bulle_id)
    parts = sum_parts(account.number, account.version)
    return {
        "account": account,
        "visit_code": is_team and find_visit_code(account),
        "told": tell_totals(parts.given, parts.received),
        "others": parts.others if is_team else {},
        "invited": is_team
        and invitation(member, parts.given, parts.received, account.balance, terms),
        "movements": queries.list_movements(account.number, for_team=is_team),
        "limits": queries.list_limits(account.number),
        "tell_limits": tell_limits,
    }


def _rights() -> dict[str, bool]:
    return {
        "can_record": policies.can_record(g.actor),
        "can_manage": policies.can_manage(g.actor),
        "can_see_contacts": policies.can_see_contacts(g.actor),
    }


def _bulle_names() -> dict[str, str]:
    return {str(bulle.id): bulle.name for bulle in list_run_bulles(g.tenant.id)}


def _bulles_for(member: Member) -> list[Bulle]:
    """The Bulles to choose among, and theirs if it has gone to another porteur since."""
    run = list_run_bulles(g.tenant.id)
    if member.bulle_id and member.bulle_id not in {bulle.id for bulle in run}:
        run.append(get_bulle(member.bulle_id))
    return run


def _welcome(member: Member) -> str:
    welcome = f"Bienvenue à {member.name}."
    if not queries.list_namesakes([member]):
        return welcome
    return f"{welcome} Une autre personne s’appelle ainsi : celle-ci a le n° {member.account_no}."


def _company(member: Member) -> list[tuple[sa.Row[uuid.UUID, str, list[str]], list[str]]]:
    """Who likes the same things, those with most in common first."""
    shared = [
        (other, shared_interests(member.interests, other.interests))
        for other in queries.list_company(member)
    ]
    alike = sorted((pair for pair in shared if pair[1]), key=lambda pair: -len(pair[1]))
    return alike[:COMPANY]


def _download(members: list[Member]) -> ResponseReturnValue:
    totals, names = queries.list_totals(m.account_no for m in members), _bulle_names()
    header = HEADER + (CONTACTS if policies.can_see_contacts(g.actor) else ())
    rows = (
        (
            member.name,
            names.get(str(member.bulle_id), ""),
            ", ".join(member.interests),
            member.joined_on,
            member.left_on,
            *totals.get(member.account_no, (0, 0)),
            member.email,
            member.phone,
        )[: len(header)]
        for member in members
    )
    return download("Membres", header, rows)
