"""Keys for programs: made, used, closed."""

from __future__ import annotations

import secrets
import uuid

from sqlalchemy.exc import IntegrityError

from app.core.audit import record
from app.core.clock import now, today
from app.core.db import db, new_id
from app.core.errors import DomainError
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.models import ApiToken
from app.reciprocity.policies import TokenActor
from app.reciprocity.queries.tokens import find_token, get_token

PREFIX = "bulles_"
"""What begins every key, so that one left in a file is recognised."""

SHOWN = (
    "Cette clé est déjà créée, et ne se montre qu’une fois. Vous ne l’avez pas copiée ? Fermez-la dans la"
    " liste des clés, puis créez-en une autre."
)


def create_token(
    actor: Actor, name: str, *, can_write: bool, token_id: uuid.UUID | None = None
) -> tuple[ApiToken, str]:
    """A new key and its secret, which is shown once and kept nowhere. `token_id` is made by whoever asks:
    sent twice, one key. DomainError: no name, or made already."""
    authorize(policies.can_manage(actor))
    if not name.strip():
        raise DomainError("Quel programme se servira de cette clé ?")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=token_id or new_id(),
        name=" ".join(name.split()),
        digest=ApiToken.digest_of(secret),
        can_write=can_write,
        created_by=actor.name,
    )
    try:
        with db.session.begin_nested():
            db.session.add(token)
    except IntegrityError as error:
        raise DomainError(SHOWN) from error
    record(actor, "token.created", token, can_write=can_write)
    return token, secret


def revoke_token(actor: Actor, token_id: uuid.UUID) -> ApiToken:
    """Close a key for good; closed already, nothing changes."""
    authorize(policies.can_manage(actor))
    token = get_token(token_id)
    if token.revoked_at is None:
        token.revoked_at = now()
        record(actor, "token.revoked", token)
    return token


def open_with_token(secret: str) -> TokenActor | None:
    """Who acts with this secret in the current organisation; None when no open key has it."""
    token = find_token(secret)
    if token is None:
        return None
    if token.used_on != today():
        token.used_on = today()
    roles = frozenset({"reader", "writer"} if token.can_write else {"reader"})
    return TokenActor(token.tenant_id, f"{token.name} (programme)", roles=roles, token_id=token.id)
