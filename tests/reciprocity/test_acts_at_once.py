"""Acts of several postings each, by several people at the same moment, in one organisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random

import psycopg
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import NoResultFound

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.errors import DomainError
from app.reciprocity.commands.accounts import Terms, set_terms
from app.reciprocity.commands.exchanges import (
    Exchange,
    correct_exchange,
    record_exchange,
    record_group,
    reverse_transfer,
)
from app.reciprocity.commands.holds import (
    Request,
    accept_request,
    ask_confirmation,
    decline_request,
)
from app.reciprocity.commands.members import leave_member, return_member
from app.reciprocity.models import NO_LIMIT
from app.reciprocity.queries.members import find_member_of
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import join
from tests.factories.together import PATIENCE, crowd
from tests.reciprocity.invariants import find_faults

ACTS = 600


class Team:
    """What a team does all day, drawn by chance; what one noted or asked, another corrects or answers."""

    def __init__(self, cast: Cast) -> None:
        self.alice = cast.actor("alice")
        self.accounts = sorted(join(cast).values())
        self.noted, self.asked = [new_id()], [new_id()]
        with tenant_context(self.alice.tenant_id):
            self.leaving = [member.id for n in self.accounts[:2] if (member := find_member_of(n))]

    def act(self, chance: Random) -> str:
        """Do something, and say what; in vain when it is refused, as when another one did it before."""
        alice, id_ = self.alice, new_id()
        giver, receiver, third = chance.sample(self.accounts, 3)
        exchange = Exchange(id_, giver, receiver, chance.choice((10, 45)), today())
        before, hold_id = chance.choice(self.noted[-8:]), chance.choice(self.asked[-8:])
        member_id, floor = chance.choice(self.leaving), chance.choice((-1200, -600))
        acts: dict[str, Callable[[], object]] = {
            "note": lambda: record_exchange(alice, exchange),
            "gather": lambda: record_group(
                alice, id_, {giver: 30, receiver: -20, third: -10}, today()
            ),
            "correct": lambda: correct_exchange(alice, before, exchange, "Erreur"),
            "cancel": lambda: reverse_transfer(alice, before, "Erreur"),
            "ask": lambda: ask_confirmation(alice, Request(id_, giver, receiver, 10, today())),
            "accept": lambda: accept_request(alice, hold_id),
            "decline": lambda: decline_request(alice, hold_id),
            "leave": lambda: leave_member(alice, member_id),
            "return": lambda: return_member(alice, member_id),
            "terms": lambda: set_terms(alice, None, Terms(floor, NO_LIMIT, -480, 720, 0), ""),
        }
        what = chance.choice(list(acts))
        try:
            acts[what]()
        except (DomainError, NoResultFound):
            db.session.rollback()
            return "nothing"
        if what in ("note", "correct", "ask"):
            (self.asked if what == "ask" else self.noted).append(id_)
        return what


def test_whatever_a_team_does_at_once_nobody_waits_in_a_circle(
    real: Flask, superuser: sa.Engine
) -> None:
    """PostgreSQL would cut a circle by an error, which is no refusal."""
    team = Team(build_cast())
    with crowd(real, team.alice.tenant_id) as people:
        chances = [Random(n) for n in range(ACTS)]  # noqa: S311 drawn again the same
        going = [people.start(partial(team.act, chance)) for chance in chances]
        done = Counter(one.result(PATIENCE) for one in going)
    assert done.keys() >= {"correct", "cancel", "accept", "leave", "return", "terms"}, done
    with superuser.connect() as connection:
        driver: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        assert list(find_faults(driver)) == []
