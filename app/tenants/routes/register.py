"""The register of organisations, kept by Ocytocines."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import fresh
from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.db import db
from app.core.listing import paginate
from app.core.permissions import authorize
from app.tenants import commands, policies, queries
from app.tenants.commands import TenantSheet
from app.tenants.forms.register import (
    KINDS,
    AdministratorForm,
    NewTenantForm,
    PlaceForm,
    TenantEditForm,
)
from app.tenants.models import Invitation, Tenant

bp = Blueprint("register", __name__, url_prefix="/<slug>/organisations")
HEADER = ("Nom", "Nom court", "Genre", "SIREN", "SIRET", "RNA", "Adresse", "Code postal", "Ville")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Every organisation of the network."""
    authorize(policies.can_see_register(g.actor))
    args = request.args
    statement = queries.list_tenants(
        q=args.get("q", ""), kind=args.get("genre", ""), sort=args.get("tri", "nom")
    )
    if "format" in args:
        return download("Organisations", HEADER, map(_cells, db.session.scalars(statement)))
    page = paginate(statement, page_number())
    can_manage = policies.can_manage_register(g.actor)
    return render_template(
        "tenants/register/index.html", page=page, kinds=KINDS, can_manage=can_manage
    )


@bp.route("/nouvelle", methods=["GET", "POST"])
@fresh
def new() -> ResponseReturnValue:
    """Add an organisation."""
    authorize(policies.can_manage_register(g.actor))
    form = NewTenantForm()
    tenant = attempt(form, lambda: _create(form))
    if tenant is None:
        return show_form("tenants/register/new.html", form)
    flash(f"{tenant.short_name} a son espace.")
    return redirect(url_for(".show", tenant_id=tenant.id), 303)


@bp.get("/<uuid:tenant_id>")
def show(tenant_id: uuid.UUID) -> ResponseReturnValue:
    """What the register says of one organisation."""
    authorize(policies.can_see_register(g.actor))
    organisation = queries.get_tenant(tenant_id)
    return render_template(
        "tenants/register/show.html",
        organisation=organisation,
        territory=queries.find_territory(organisation.territory_kind, organisation.territory_code),
        run=queries.list_run_bulles(tenant_id),
        joined=queries.list_joined_bulles(tenant_id),
        can_manage=policies.can_manage_register(g.actor),
        is_administered=queries.count_administrators(tenant_id) > 0,
    )


@bp.route("/<uuid:tenant_id>/identite", methods=["GET", "POST"])
@fresh
def identity(tenant_id: uuid.UUID) -> ResponseReturnValue:
    """Change who an organisation is."""
    return _edit(tenant_id, TenantEditForm, "tenants/register/identity.html")


@bp.route("/<uuid:tenant_id>/adresse", methods=["GET", "POST"])
@fresh
def place(tenant_id: uuid.UUID) -> ResponseReturnValue:
    """Change where an organisation is."""
    return _edit(tenant_id, PlaceForm, "tenants/register/place.html")


@bp.route("/<uuid:tenant_id>/administration", methods=["GET", "POST"])
@fresh
def administrator(tenant_id: uuid.UUID) -> ResponseReturnValue:
    """Invite the first person who administers an organisation."""
    authorize(policies.can_manage_register(g.actor))
    organisation = queries.get_tenant(tenant_id)
    form = AdministratorForm()
    invitation = attempt(form, lambda: _invite(organisation, form))
    if invitation is None:
        return show_form("tenants/register/administrator.html", form, organisation=organisation)
    flash(f"{invitation.name} a reçu une invitation.")
    return redirect(url_for(".show", tenant_id=tenant_id), 303)


def _create(form: NewTenantForm) -> Tenant:
    tenant = commands.create_tenant(g.actor, form.sheet())
    if form.email.data:
        _invite(tenant, form)
    return tenant


def _invite(tenant: Tenant, form: NewTenantForm | AdministratorForm) -> Invitation:
    return commands.invite_first_administrator(
        g.actor, tenant, name=form.person.data or "", email=form.email.data or ""
    )


def _edit(
    tenant_id: uuid.UUID, kind: type[TenantEditForm | PlaceForm], template: str
) -> ResponseReturnValue:
    authorize(policies.can_manage_register(g.actor))
    organisation = queries.get_tenant(tenant_id)
    before = TenantSheet.of(organisation)
    form = kind.of(organisation)
    saved = attempt(
        form,
        lambda: commands.update_tenant(g.actor, tenant_id, form.sheet(before), version=form.seen()),
    )
    if saved is None:
        return show_form(template, form, organisation=organisation)
    flash("Le registre est à jour.")
    return redirect(url_for(".show", tenant_id=tenant_id), 303)


@bp.post("/<uuid:tenant_id>/fermeture")
@fresh
def close(tenant_id: uuid.UUID) -> ResponseReturnValue:
    """Close the space of an organisation."""
    tenant = commands.archive_tenant(g.actor, tenant_id)
    reopen = url_for(".reopen", tenant_id=tenant_id)
    flash_undo(f"L’espace de {tenant.short_name} est fermé.", reopen, "Le rouvrir")
    return redirect(url_for(".show", tenant_id=tenant_id), 303)


@bp.post("/<uuid:tenant_id>/ouverture")
@fresh
def reopen(tenant_id: uuid.UUID) -> ResponseReturnValue:
    """Reopen the space of an organisation."""
    tenant = commands.restore_tenant(g.actor, tenant_id)
    flash(f"L’espace de {tenant.short_name} est rouvert.")
    return redirect(url_for(".show", tenant_id=tenant_id), 303)


def _cells(tenant: Tenant) -> tuple[str | None, ...]:
    return (
        tenant.name,
        tenant.short_name,
        tenant.kind_label,
        tenant.siren,
        tenant.siret,
        tenant.rna,
        tenant.address,
        tenant.postcode,
        tenant.city,
    )
