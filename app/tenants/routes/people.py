"""The team of an organisation: who is of it, with which roles, who is invited."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import fresh
from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.listing import PER_PAGE, Page
from app.core.permissions import authorize
from app.core.text import long_date
from app.tenants import commands, policies, queries
from app.tenants.commands import Guest
from app.tenants.forms.people import InvitationForm, RolesForm
from app.tenants.models import Membership

bp = Blueprint("members", __name__, url_prefix="/<slug>/equipe")
HEADER = ("Nom", "Adresse e-mail", "Rôles", "Dans l’équipe depuis")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The team, and for those who administer it, the invitations that wait."""
    args = request.args
    team = queries.search_team(g.tenant.id, q=args.get("q", ""), sort=args.get("tri", "nom"))
    if "format" in args:
        return download("Équipe", HEADER, map(_cells, team))
    can_manage = policies.can_manage_people(g.actor)
    waiting = queries.list_invitations(g.tenant.id) if can_manage else []
    page = _page(team, page_number())
    return render_template(
        "tenants/members/index.html", page=page, waiting=waiting, can_manage=can_manage
    )


@bp.route("/invitation", methods=["GET", "POST"])
@fresh
def invite() -> ResponseReturnValue:
    """Invite someone."""
    authorize(policies.can_manage_people(g.actor))
    form = InvitationForm()
    invitation = attempt(form, lambda: commands.invite_person(g.actor, _guest(form)))
    if invitation is None:
        return show_form("tenants/members/invite.html", form)
    flash(f"L’invitation part vers {invitation.email}.")
    return redirect(url_for(".index"), 303)


@bp.post("/invitation/<uuid:invitation_id>/envoi")
@fresh
def resend(invitation_id: uuid.UUID) -> ResponseReturnValue:
    """Send an invitation again."""
    invitation = commands.resend_invitation(g.actor, invitation_id)
    flash(f"L’invitation part encore une fois vers {invitation.email}.")
    return redirect(url_for(".index"), 303)


@bp.post("/invitation/<uuid:invitation_id>/retrait")
@fresh
def revoke(invitation_id: uuid.UUID) -> ResponseReturnValue:
    """Take an invitation back."""
    invitation = commands.revoke_invitation(g.actor, invitation_id)
    flash(f"L’invitation de {invitation.audit_label} est retirée. Son lien ne marche plus.")
    return redirect(url_for(".index"), 303)


@bp.route("/<uuid:membership_id>/roles", methods=["GET", "POST"])
@fresh
def roles(membership_id: uuid.UUID) -> ResponseReturnValue:
    """Change what a person does here."""
    authorize(policies.can_manage_people(g.actor))
    member = queries.get_membership(g.tenant.id, membership_id)
    form = RolesForm(roles=member.roles)
    saved = attempt(form, lambda: commands.change_roles(g.actor, membership_id, form.roles.data))
    if saved is None:
        return show_form("tenants/members/roles.html", form, member=member)
    flash(f"Les rôles de {member.user.display_name} ont changé.")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:membership_id>/depart")
@fresh
def leave(membership_id: uuid.UUID) -> ResponseReturnValue:
    """Take someone out of the team."""
    member = commands.remove_member(g.actor, membership_id)
    undo = url_for(".come_back", membership_id=membership_id)
    flash_undo(f"{member.user.display_name} ne fait plus partie de l’équipe.", undo, "Remettre")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:membership_id>/retour")
@fresh
def come_back(membership_id: uuid.UUID) -> ResponseReturnValue:
    """Put someone back in the team."""
    member = commands.restore_member(g.actor, membership_id)
    flash(f"{member.user.display_name} fait de nouveau partie de l’équipe.")
    return redirect(url_for(".index"), 303)


def _page(team: list[Membership], wanted: int) -> Page[Membership]:
    last = max(1, -(-len(team) // PER_PAGE))
    number = min(max(1, wanted), last)
    return Page(team[(number - 1) * PER_PAGE : number * PER_PAGE], len(team), number)


def _guest(form: InvitationForm) -> Guest:
    return Guest(name=form.name.data, email=form.email.data, roles=form.roles.data)


def _cells(member: Membership) -> tuple[str, ...]:
    person = member.user
    return person.name, person.email, member.roles_label, long_date(member.since_at)
