"""Every read of the context, one file per aggregate."""

from app.tenants.queries.bulles import (
    get_association,
    get_bulle,
    get_passage,
    list_bulle_departements,
    list_bulles,
    list_joined_bulles,
    list_run_bulles,
)
from app.tenants.queries.people import find_membership, list_memberships, list_own_memberships
from app.tenants.queries.register import (
    find_tenant,
    get_network,
    get_tenant,
    get_tenant_by_slug,
    is_slug_free,
    list_open_tenants,
    list_tenant_ids,
    list_tenants,
)
from app.tenants.queries.territories import find_territories, find_territory

__all__ = [
    "find_membership",
    "find_tenant",
    "find_territories",
    "find_territory",
    "get_association",
    "get_bulle",
    "get_network",
    "get_passage",
    "get_tenant",
    "get_tenant_by_slug",
    "is_slug_free",
    "list_bulle_departements",
    "list_bulles",
    "list_joined_bulles",
    "list_memberships",
    "list_open_tenants",
    "list_own_memberships",
    "list_run_bulles",
    "list_tenant_ids",
    "list_tenants",
]
