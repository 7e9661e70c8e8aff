"""Adding, changing, closing and reopening organisations of the register."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.core.audit import record
from app.core.clock import now
from app.core.db import db
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, authorize
from app.core.text import fold, slugify
from app.tenants import policies, queries
from app.tenants.models import RESERVED_SLUGS, Tenant, TenantKind, Territory
from app.tenants.models.identifiers import read_postcode, read_rna, read_siren, read_siret


@dataclass(frozen=True)
class TenantSheet:
    """What the register says of one organisation. An empty slug is made from the short name."""

    kind: TenantKind
    name: str
    short_name: str = ""
    slug: str = ""
    siren: str = ""
    siret: str = ""
    rna: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    territory: Territory | None = None

    @classmethod
    def of(cls, tenant: Tenant) -> TenantSheet:
        """What the register says now."""
        return cls(
            kind=TenantKind(tenant.kind),
            name=tenant.name,
            short_name=tenant.short_name,
            slug=tenant.slug,
            siren=tenant.siren or "",
            siret=tenant.siret or "",
            rna=tenant.rna or "",
            address=tenant.address,
            postcode=tenant.postcode,
            city=tenant.city,
            territory=queries.find_territory(tenant.territory_kind, tenant.territory_code),
        )


def found_network(name: str) -> Tenant:
    """Write the head of the network, which nobody can create from a page. DomainError: it exists."""
    network = Tenant(slug=slugify(name), kind=TenantKind.NETWORK.value, name=name, short_name=name)
    if queries.has_network():
        raise DomainError("La tête de réseau a déjà son espace.")
    db.session.add(network)
    db.session.flush()
    return network


def create_tenant(actor: Actor, sheet: TenantSheet) -> Tenant:
    """Add an organisation. DomainError: a number is wrong, its address is taken, a second head."""
    authorize(policies.can_manage_register(actor))
    _refuse_second_network(sheet.kind)
    tenant = Tenant(kind=sheet.kind, slug=_choose_slug(sheet))
    _write(tenant, sheet)
    db.session.add(tenant)
    db.session.flush()
    record(actor, "tenant.created", tenant, kind=tenant.kind)
    return tenant


def update_tenant(
    actor: Actor, tenant_id: uuid.UUID, sheet: TenantSheet, *, version: int | None = None
) -> Tenant:
    """Change an organisation. StalePage: `version`, the one shown, is no longer the last."""
    tenant = queries.get_tenant(tenant_id)
    authorize(policies.can_manage_register(actor))
    if version not in (None, tenant.version):
        raise StalePage
    if sheet.kind != tenant.kind:
        _refuse_second_network(sheet.kind, tenant)
        tenant.kind = sheet.kind
    if sheet.slug and sheet.slug != tenant.slug:
        tenant.slug = _choose_slug(sheet)
    _write(tenant, sheet)
    record(actor, "tenant.updated", tenant)
    return tenant


def archive_tenant(actor: Actor, tenant_id: uuid.UUID) -> Tenant:
    """Close the space of an organisation, deleting nothing. DomainError: it still runs a Bulle."""
    tenant = queries.get_tenant(tenant_id)
    authorize(policies.can_manage_register(actor))
    if tenant.is_network:
        raise DomainError("La tête de réseau ne se ferme pas.")
    if bulles := queries.list_run_bulles(tenant.id):
        raise DomainError(
            f"{tenant.short_name} porte la Bulle « {bulles[0].name} »."
            " Confiez-la d’abord à une autre organisation."
        )
    if tenant.archived_at is None:
        tenant.archived_at = now()
        record(actor, "tenant.archived", tenant)
    return tenant


def restore_tenant(actor: Actor, tenant_id: uuid.UUID) -> Tenant:
    """Reopen the space of an organisation, as it was."""
    tenant = queries.get_tenant(tenant_id)
    authorize(policies.can_manage_register(actor))
    if tenant.archived_at is not None:
        tenant.archived_at = None
        record(actor, "tenant.restored", tenant)
    return tenant


def _write(tenant: Tenant, sheet: TenantSheet) -> None:
    tenant.name = sheet.name.strip()
    tenant.short_name = sheet.short_name.strip() or tenant.name
    tenant.sort_key = fold(tenant.name)
    tenant.siren, tenant.siret = _read_company_numbers(sheet)
    tenant.rna = read_rna(sheet.rna) if sheet.rna else None
    tenant.address, tenant.city = sheet.address.strip(), sheet.city.strip()
    tenant.postcode = read_postcode(sheet.postcode) if sheet.postcode else ""
    tenant.territory_kind = sheet.territory.kind if sheet.territory else None
    tenant.territory_code = sheet.territory.code if sheet.territory else None


def _read_company_numbers(sheet: TenantSheet) -> tuple[str | None, str | None]:
    """SIREN and SIRET; the first nine digits of the SIRET are the SIREN, given or not."""
    siret = read_siret(sheet.siret) if sheet.siret else None
    siren = read_siren(sheet.siren) if sheet.siren else None
    if siret and siren and not siret.startswith(siren):
        raise DomainError("Le SIRET ne commence pas par le SIREN. L’un des deux est faux.")
    return siren or (siret and siret[:9]), siret


def _choose_slug(sheet: TenantSheet) -> str:
    wished = slugify(sheet.slug or sheet.short_name or sheet.name)
    if sheet.slug:
        _refuse_taken(wished)
        return wished
    return next(slug for slug in _variants(wished or "organisation") if queries.is_slug_free(slug))


def _variants(wished: str) -> list[str]:
    return [wished, *(f"{wished}-{number}" for number in range(2, 100))]


def _refuse_taken(slug: str) -> None:
    if not slug or slug in RESERVED_SLUGS:
        raise DomainError("Cette adresse est réservée. Choisissez-en une autre.")
    if not queries.is_slug_free(slug):
        raise DomainError("Une autre organisation a déjà cette adresse. Choisissez-en une autre.")


def _refuse_second_network(kind: TenantKind, tenant: Tenant | None = None) -> None:
    if kind is TenantKind.NETWORK or (tenant and tenant.is_network):
        raise DomainError("Il y a une seule tête de réseau, et elle le reste.")
