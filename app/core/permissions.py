"""Who acts, and the one way to refuse."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Actor:
    """Who acts, in which tenant, with which roles. Commands receive it; nothing reads it from the air."""

    tenant_id: uuid.UUID
    name: str
    user_id: uuid.UUID | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    is_network: bool = False

    def has_role(self, *roles: str) -> bool:
        """Whether the actor holds one of these roles."""
        return not self.roles.isdisjoint(roles)


class Forbidden(Exception):
    """The person may see the thing but not do this to it; the page answers 403."""


def authorize(allowed: bool) -> None:
    """Raise Forbidden unless the policy said yes."""
    if not allowed:
        raise Forbidden
