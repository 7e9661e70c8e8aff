"""A register with something of everything, and a good call of each function: what a refusal can be about."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.clock import now, today
from app.core.db import db, new_id
from app.core.permissions import Actor
from app.reciprocity.commands.accounts import make_pseudonym
from app.reciprocity.commands.ledger import LedgerRefusal, call, call_rows, operator_of
from app.reciprocity.models import FundRule
from tests.factories.cast import Cast
from tests.factories.reciprocity import join
from tests.reciprocity.books import POSTED

Arguments = dict[str, Any]


@dataclass
class Desk:
    """Members by name (`desk.yann`), and ids of what was posted. Enter the tenant before using it."""

    actor: Actor
    operator: int
    bernadette: int
    yann: int
    fatima: int
    michel: int
    awa: int
    lucette: int
    ids: dict[str, uuid.UUID] = field(default_factory=dict)

    def good(self, function: str, **changes: Any) -> Arguments:
        """The arguments of a call that posts, some of them changed; a callable is given the desk."""
        chosen = {name: c(self) if callable(c) else c for name, c in changes.items()}
        return GOOD[function](self) | chosen

    def post(self, function: str, **changes: Any) -> Any:
        """Make that call."""
        rows = call_rows(function, **self.good(function, **changes))
        return rows[0] if len(rows) == 1 else rows

    def refuse(self, function: str, changes: Arguments, code: str) -> str:
        """Make that call, which must be refused under that name and write nothing; the sentence."""
        before = snapshot()
        with pytest.raises(LedgerRefusal) as refusal:
            raise AssertionError(f"{function} {changes}: {self.post(function, **changes)}")
        assert refusal.value.code == code, f"{function} {changes}: {refusal.value.code}"
        assert snapshot() == before
        return str(refusal.value)

    def refuse_all(self, cases: Iterable[tuple[str, Arguments, str]]) -> None:
        """Each of these calls is refused, and leaves the desk to the next as it was."""
        for case in cases:
            self.refuse(*case)


def open_desk(cast: Cast) -> Desk:
    """Fill the register of the ASCS, as Alice; the organisation is entered already."""
    actor = cast.actor("alice")
    numbers = {name.lower(): number for name, number in join(cast).items()}
    return Desk(actor=actor, operator=0, ids={}, **numbers)


def fill(desk: Desk) -> None:
    """Post an exchange, one at several, requests, a gift, a grant, hours; close an account."""
    desk.operator = operator_of(desk.actor)
    for number in (desk.fatima, desk.michel):
        call("ledger_set_limits", p_account=number, p_floor=-60, p_ceiling=60, p_own=True, p_reason="",
             p_operator=desk.operator)  # fmt: skip
    for name, function, changes in (
        ("exchange", "ledger_post_exchange", {}),
        ("cheque", "ledger_post_exchange", {"p_kind": "cheque"}),
        ("group", "ledger_post_group", {}),
        ("hold", "ledger_place_hold", {}),
        ("answered", "ledger_place_hold", {}),
        ("over", "ledger_place_hold", {"p_expires": now() - timedelta(days=1)}),
        ("gift", "ledger_post_gift", {"p_debit": 1, "p_minutes": 600}),
        ("grant", "ledger_post_grant", {}),
        ("hours", "ledger_declare_time", {"p_starts": time(10), "p_minutes": 120}),
    ):
        desk.ids[name] = new_id()
        call(function, **desk.good(function, **({"p_id": desk.ids[name]} | changes)))
    call(
        "ledger_settle_hold",
        p_id=desk.ids["answered"],
        p_outcome="declined",
        p_operator=desk.operator,
    )
    desk.ids["reversal"] = new_id()
    call(
        "ledger_post_reversal", p_id=desk.ids["reversal"], p_reverses=desk.ids["cheque"], p_reason="Erreur",
        p_operator=desk.operator,
    )  # fmt: skip
    desk.ids["rule"] = _adopt_rule(desk.operator)
    call("ledger_close_account", p_account=desk.lucette)


def snapshot() -> dict[str, list[str]]:
    """Every row that was posted, as the organisation reads it."""
    return {
        table: list(db.session.scalars(sa.text(f"SELECT t::text FROM {table} t ORDER BY 1")))  # noqa: S608
        for table in POSTED
    }


def _adopt_rule(operator: int) -> uuid.UUID:
    rule = FundRule(
        id=new_id(), number=1, text="Une heure à la fois.", grant_minutes=60, yearly_minutes=100, below=0,
        adopted_on=today(), sha256="", operator_no=operator,
    )  # fmt: skip
    db.session.add(rule)
    db.session.flush()
    return rule.id


def _exchange(d: Desk) -> Arguments:
    return {"p_id": new_id(), "p_debit": d.yann, "p_credit": d.bernadette, "p_minutes": 30,
            "p_on": today(), "p_operator": d.operator}  # fmt: skip


GOOD: dict[str, Callable[[Desk], Arguments]] = {
    "ledger_post_exchange": _exchange,
    "ledger_post_group": lambda d: {
        "p_id": new_id(), "p_accounts": [d.bernadette, d.yann, d.awa], "p_deltas": [60, -30, -30],
        "p_on": today(), "p_operator": d.operator,
    },
    "ledger_post_batch": lambda d: {
        "p_kind": "exchange", "p_ids": [new_id(), new_id()], "p_debits": [d.yann, d.awa],
        "p_credits": [d.bernadette, d.yann], "p_minutes": [30, 45], "p_days": [today()] * 2,
        "p_operator": d.operator,
    },
    "ledger_post_reversal": lambda d: {
        "p_id": new_id(), "p_reverses": d.ids["exchange"], "p_reason": "Erreur de jour",
        "p_operator": d.operator,
    },
    "ledger_post_gift": lambda d: {
        "p_id": new_id(), "p_debit": d.bernadette, "p_minutes": 30, "p_on": today(),
        "p_operator": d.operator,
    },
    "ledger_post_grant": lambda d: {
        "p_id": new_id(), "p_credit": d.yann, "p_minutes": 60, "p_rule": None,
        "p_decision": "Décidé en équipe", "p_on": today(), "p_operator": d.operator,
    },
    "ledger_post_welcome": lambda d: {
        "p_credit": d.awa, "p_minutes": 120, "p_operator": d.operator,
    },
    "ledger_post_settlement": lambda d: {"p_account": d.bernadette, "p_operator": d.operator},
    "ledger_place_hold": lambda d: _exchange(d) | {
        "p_wording": "Jardin", "p_expires": now() + timedelta(days=15),
    },
    "ledger_settle_hold": lambda d: {
        "p_id": d.ids["hold"], "p_outcome": "accepted", "p_operator": d.operator,
    },
    "ledger_declare_time": lambda d: {
        "p_id": new_id(), "p_account": d.awa, "p_on": today() - timedelta(days=10), "p_starts": time(14),
        "p_minutes": 60, "p_regime": "volunteering", "p_activity": "Accueil", "p_operator": d.operator,
    },
    "ledger_time_exchange": lambda d: {
        "p_id": new_id(), "p_transfer": d.ids["exchange"], "p_account": d.bernadette,
        "p_starts": time(9), "p_minutes": 30, "p_operator": d.operator,
    },
    "ledger_void_time": lambda d: {"p_id": d.ids["hours"]},
    "ledger_operator": lambda d: {"p_kind": "user", "p_subject": new_id(), "p_name": "Bob Petit"},
    "ledger_open_account": lambda d: {
        "p_kind": "member", "p_label": None, "p_bulle": None, "p_floor": -60, "p_ceiling": 60,
        "p_pseudonym": make_pseudonym(), "p_operator": d.operator,
    },
    "ledger_set_limits": lambda d: {
        "p_account": d.awa, "p_floor": -600, "p_ceiling": 600, "p_own": True, "p_reason": "",
        "p_operator": d.operator,
    },
    "ledger_set_default_limits": lambda d: {
        "p_bulles": [None], "p_floor": -600, "p_ceiling": 600, "p_reason": "", "p_operator": d.operator,
    },
    "ledger_move_to_bulle": lambda d: {"p_account": d.awa, "p_bulle": None},
    "ledger_close_account": lambda d: {"p_account": d.michel},
    "ledger_reopen_account": lambda d: {"p_account": d.lucette},
}  # fmt: skip
"""Posting function → arguments that are accepted at this desk."""
