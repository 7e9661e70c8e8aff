"""Members, exchanges and the rest of the register of hours, for the addresses of the access matrix."""

from __future__ import annotations

from app.core.db import db, tenant_context
from app.reciprocity.commands.tokens import create_token
from app.reciprocity.models import Member
from tests.factories import reciprocity as make
from tests.factories.cast import Cast


def build_hours(cast: Cast) -> dict[str, object]:
    """Two members of the ASCS and one of the CCAS, an exchange: {inhabitant}, {inhabitant_2}, {account},
    {exchange}, {inhabitant_ccas}."""
    accounts = make.join(cast, "Bernadette", "Yann")
    make.join(cast, "Paul", who="denis")
    found: dict[str, object] = {
        "account": accounts["Bernadette"],
        "exchange": make.exchange(cast, *accounts.values(), 60),
    }
    with tenant_context(cast.actor("alice").tenant_id):
        token, _ = create_token(cast.actor("alice"), "Tableau", can_write=False)
        db.session.commit()
        found["token"] = token.id
    found |= dict(zip(("inhabitant", "inhabitant_2"), _members(cast, "alice"), strict=True))
    return found | {"inhabitant_ccas": _members(cast, "denis")[0]}


def _members(cast: Cast, who: str) -> list[object]:
    with tenant_context(cast.actor(who).tenant_id):
        return [row.id for row in db.session.query(Member).order_by(Member.account_no)]
