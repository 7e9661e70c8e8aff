"""The tables of the context, one file per aggregate."""

from app.tenants.models.bulle import (
    STEP_FREE_LABELS,
    Bulle,
    BulleAssociation,
    Stage,
    StagePassage,
    StepFreeAccess,
)
from app.tenants.models.tenant import RESERVED_SLUGS, TENANT_KIND_LABELS, Tenant, TenantKind
from app.tenants.models.territory import Territory, TerritoryKind, search_name
from app.tenants.models.user import (
    ROLE_HINTS,
    ROLE_LABELS,
    EmailProof,
    Invitation,
    Membership,
    Passkey,
    ProofPurpose,
    Role,
    User,
)

__all__ = [
    "RESERVED_SLUGS",
    "ROLE_HINTS",
    "ROLE_LABELS",
    "STEP_FREE_LABELS",
    "TENANT_KIND_LABELS",
    "Bulle",
    "BulleAssociation",
    "EmailProof",
    "Invitation",
    "Membership",
    "Passkey",
    "ProofPurpose",
    "Role",
    "Stage",
    "StagePassage",
    "StepFreeAccess",
    "Tenant",
    "TenantKind",
    "Territory",
    "TerritoryKind",
    "User",
    "search_name",
]
