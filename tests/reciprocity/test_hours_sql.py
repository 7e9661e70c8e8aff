"""One hour, one regime: the database refuses the same hour twice, in whatever order it is told."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from app.core.clock import today
from app.core.db import db, new_id
from app.reciprocity.commands.ledger import call
from tests.reciprocity.desk import Desk
from tests.reciprocity.refusals import HOURS, by_function


def that_day() -> date:
    """Past, and open."""
    return today() - timedelta(days=20)


@pytest.mark.parametrize("function", by_function(HOURS))
def test_a_bad_call_is_refused_by_name(desk: Desk, function: str) -> None:
    desk.refuse_all(by_function(HOURS)[function])


def declare(desk: Desk, start: int, minutes: int = 60, regime: str = "volunteering") -> object:
    """Hours of Yann's, that day."""
    return desk.post(
        "ledger_declare_time", p_account=desk.yann, p_on=that_day(), p_starts=time(start), p_minutes=minutes,
        p_regime=regime,
    )  # fmt: skip


def test_a_declared_hour_then_an_exchange(desk: Desk) -> None:
    assert declare(desk, 14) == "posted"
    given = {"p_credit": desk.yann, "p_debit": desk.awa, "p_on": that_day(), "p_minutes": 60}
    desk.refuse("ledger_post_exchange", given, "start_needed")
    desk.refuse("ledger_post_exchange", given | {"p_starts": time(14, 59)}, "same_hour")
    assert desk.post("ledger_post_exchange", **given, p_starts=time(15)) == "posted"
    assert desk.post("ledger_post_exchange", **given, p_starts=time(13)) == "posted"


def test_an_exchange_then_a_declared_hour(desk: Desk) -> None:
    given = desk.good("ledger_post_exchange", p_credit=desk.yann, p_debit=desk.awa, p_on=that_day())
    assert call("ledger_post_exchange", **given) == "posted"
    hours = {"p_account": desk.yann, "p_on": that_day()}
    desk.refuse("ledger_declare_time", hours, "exchange_needs_start")
    timed = {"p_transfer": given["p_id"], "p_account": desk.yann, "p_starts": time(14, 30)}
    assert desk.post("ledger_time_exchange", **timed) == "posted"
    assert desk.post("ledger_time_exchange", **timed) == "exists"
    desk.refuse("ledger_declare_time", hours, "same_hour")
    assert desk.post("ledger_declare_time", **hours, p_starts=time(15)) == "posted"


def test_a_correction_sets_the_hour_free(desk: Desk) -> None:
    given = desk.good(
        "ledger_post_exchange",
        p_credit=desk.yann,
        p_debit=desk.awa,
        p_on=that_day(),
        p_starts=time(14),
    )
    call("ledger_post_exchange", **given)
    desk.refuse("ledger_declare_time", {"p_account": desk.yann, "p_on": that_day()}, "same_hour")
    desk.post("ledger_post_reversal", p_reverses=given["p_id"])
    assert declare(desk, 14) == "posted"


def test_a_voided_hour_can_be_declared_again(desk: Desk) -> None:
    id_ = new_id()
    hours = desk.good("ledger_declare_time", p_id=id_, p_account=desk.yann, p_on=that_day())
    assert call("ledger_declare_time", **hours) == "posted"
    assert call("ledger_void_time", p_id=id_) == "posted"
    assert call("ledger_void_time", p_id=id_) == "posted"
    assert declare(desk, 14, regime="paid") == "posted"


def test_a_day_ends_at_midnight_and_may_be_filled(desk: Desk) -> None:
    assert declare(desk, 23) == "posted"
    assert declare(desk, 0, 23 * 60) == "posted"
    for start in range(24):
        changes = {
            "p_account": desk.yann,
            "p_on": that_day(),
            "p_starts": time(start),
            "p_minutes": 1,
        }
        desk.refuse("ledger_declare_time", changes, "same_hour")


def test_a_group_takes_an_hour_of_each_giver(desk: Desk) -> None:
    """Two hosts were at it an hour, and are credited two: the day of each holds one hour."""
    shares = {
        "p_accounts": [desk.yann, desk.awa, desk.bernadette], "p_deltas": [120, 120, -240],
        "p_on": that_day(), "p_starts": time(10), "p_lasted": 60,
    }  # fmt: skip
    assert desk.post("ledger_post_group", **shares) == "posted"
    desk.refuse("ledger_post_group", shares, "same_hour")
    count = sa.text("SELECT sum(minutes) FROM time_records WHERE happened_on = :day")
    assert db.session.scalar(count, {"day": that_day()}) == 120


def test_two_reports_never_share_an_hour(desk: Desk) -> None:
    """What is volunteered and what is credited, over every order of telling three hours."""
    for start, regime in ((9, "volunteering"), (10, "paid"), (11, "volunteering")):
        assert declare(desk, start, regime=regime) == "posted"
    given = {"p_credit": desk.yann, "p_debit": desk.awa, "p_on": that_day(), "p_minutes": 60}
    for start in (9, 10, 11):
        desk.refuse("ledger_post_exchange", given | {"p_starts": time(start)}, "same_hour")
    overlapping = sa.text(
        "SELECT count(*) FROM time_records a JOIN time_records b ON a.account_no = b.account_no"
        " AND a.id < b.id AND a.during && b.during WHERE a.voided_at IS NULL AND b.voided_at IS NULL"
    )
    assert db.session.scalar(overlapping) == 0
