"""Organisations that agreed to exchange hours, and exchanges between their members."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.clearing import ReceivedHelp, record_received_help, say_limit
from app.reciprocity.models import Account
from tests.factories.cast import Cast
from tests.factories.work import do_work

LIMIT = 10 * 60


def say(cast: Cast, who: str, to: str, minutes: int | None = LIMIT) -> None:
    """The organisation of `who` says to that of `to` how far it would go; the letter is not read yet."""
    actor = cast.actor(who)
    with tenant_context(actor.tenant_id):
        say_limit(actor, cast.home(to).id, minutes)
        db.session.commit()


def agree(cast: Cast, one: str = "alice", other: str = "denis", minutes: int = LIMIT) -> None:
    """Both say the same, and have read it."""
    say(cast, one, other, minutes)
    say(cast, other, one, minutes)
    do_work()


def code_of(cast: Cast, who: str, account_no: int) -> str:
    """The code on the card of a member of the organisation of `who`."""
    with tenant_context(cast.home(who).id):
        return str(
            db.session.scalars(
                sa.select(Account.pseudonym).where(
                    Account.tenant_id == cast.home(who).id, Account.number == account_no
                )
            ).one()
        )


def visit(
    cast: Cast, who: str, receiver: int, giver_of: str, code: str, minutes: int = 60
) -> uuid.UUID:
    """A member of the organisation of `who` received from one of that of `giver_of`; committed; its id."""
    actor, help_id = cast.actor(who), new_id()
    with tenant_context(actor.tenant_id):
        peer_id = cast.home(giver_of).id
        record_received_help(
            actor, ReceivedHelp(help_id, receiver, peer_id, code, minutes, today())
        )
        db.session.commit()
    return help_id


def mirror_balance(cast: Cast, who: str, to: str) -> int:
    """What the organisation of `who` owes that of `to`, in minutes, in its own register."""
    statement = sa.text(
        "SELECT coalesce(sum(a.balance), 0) FROM mirrors m"
        " JOIN accounts a ON a.tenant_id = m.tenant_id AND a.number = m.account_no"
        " WHERE m.tenant_id = :here AND m.peer_id = :there"
    )
    here, there = cast.home(who).id, cast.home(to).id
    with tenant_context(here):
        return int(db.session.scalar(statement, {"here": here, "there": there}))


def all_mirrors(cast: Cast, people: Sequence[str]) -> dict[tuple[str, str], int]:
    """Every mirror balance between these people's organisations."""
    return {
        (one, other): mirror_balance(cast, one, other)
        for one in people
        for other in people
        if one != other
    }
