"""The same things asked at the same moment, on real connections that start together."""

# ruff: noqa: S311, S608 chance is not a secret; statements are made here
from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from random import Random
from threading import Barrier
from typing import Any

import psycopg
import pytest

from app.reciprocity.commands.ledger import REFUSED
from migrations.rls import APP
from tests.factories.together import PATIENCE
from tests.reciprocity import acts
from tests.reciprocity.books import FLOOR, HERE, OPERATOR, Books, named
from tests.reciprocity.invariants import find_faults
from tests.reciprocity.model import Act

WORKERS = 8
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def at_once(books: Books, calls: list[Act], workers: int = WORKERS) -> Counter[str]:
    """Have the calls made by several connections, each its share, from the same moment on; their answers."""
    together = Barrier(workers, timeout=PATIENCE)

    def work(share: list[Act]) -> list[str]:
        with closing(books.scratch.connect(APP, autocommit=True)) as connection:
            together.wait()
            return [post(connection, act) for act in share]

    with ThreadPoolExecutor(workers) as pool:
        shares = pool.map(work, [calls[n::workers] for n in range(workers)])
        answers = Counter(answer for share in shares for answer in share)
    assert find_faults(books.admin) == []
    return answers


def post(connection: psycopg.Connection, act: Act) -> str:
    """One act in one transaction; a wait in a circle, or any other error, is raised."""
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL app.tenant_id = '{HERE}'")
            call = f"SELECT * FROM {act.function}({named(act.arguments)})"
            return " ".join(str(row[0]) for row in connection.execute(call, act.arguments))
    except psycopg.Error as error:
        if error.sqlstate != REFUSED:
            raise
        return f"no: {error.diag.message_primary}"


def exchange(books: Books, giver: int, receiver: int, minutes: int, **others: Any) -> Act:
    """An exchange of today, under a new id unless one is given."""
    return acts.call("post_exchange", **{
        "id": uuid.uuid4(), "debit": receiver, "credit": giver, "minutes": minutes, "on": books.today,
        "operator": OPERATOR,
    } | others)  # fmt: skip


def ask(books: Books, minutes: int) -> uuid.UUID:
    """A request that waits, of what 3 received from 4."""
    id_ = uuid.uuid4()
    books.post(
        HERE, "ledger_place_hold", p_id=id_, p_debit=3, p_credit=4, p_minutes=minutes, p_on=books.today,
        p_wording="", p_expires=LATER, p_operator=OPERATOR,
    )  # fmt: skip
    return id_


def test_two_hundred_posts_on_one_account(books: Books) -> None:
    """The floor lets sixty of them through, whoever they are."""
    calls = [exchange(books, 4 + n % 7, 3, 15) for n in range(200)]
    answers = at_once(books, calls)
    assert answers == {"posted": -FLOOR // 15, "no: floor_reached": 200 + FLOOR // 15}
    assert books.balances()[3] == FLOOR


def test_two_hundred_gifts_to_the_fund(books: Books) -> None:
    for number in range(3, 11):
        books.exchange(number, 1, 300)
    gifts = [
        acts.call(
            "post_gift", id=uuid.uuid4(), debit=3 + n % 8, minutes=5, on=books.today, operator=2
        )
        for n in range(200)
    ]
    assert at_once(books, gifts) == {"posted": 200}
    assert books.balances()[2] == 1000


def test_one_transfer_sent_twenty_times(books: Books) -> None:
    act = exchange(books, 4, 3, 30)
    assert at_once(books, [act] * 20, workers=20) == {"posted": 1, "exists": 19}
    assert books.balances()[4] == 30


def test_one_cheque_with_two_contents(books: Books) -> None:
    """The number of a cheque is its key: altered on the way, it is told apart."""
    id_ = uuid.uuid4()
    calls = [exchange(books, 4, 3, 30 + n % 2, id=id_, kind="cheque") for n in range(20)]
    answers = at_once(books, calls, workers=20)
    assert answers == {"posted": 1, "exists": 9, "no: exists_with_different_content": 10}
    assert books.balances()[4] in (30, 31)


def test_one_request_sent_and_answered_at_once(books: Books) -> None:
    place = acts.call("place_hold", id=uuid.uuid4(), debit=3, credit=4, minutes=60, on=books.today,
                      wording="", expires=LATER, operator=2)  # fmt: skip
    assert at_once(books, [place] * 16) == {"placed": 1, "exists": 15}
    accept = acts.call("settle_hold", id=place.arguments["p_id"], outcome="accepted", operator=2)
    assert at_once(books, [accept] * 16) == {"settled": 1, "exists": 15}
    assert books.balances()[4] == 60


def test_a_request_accepted_and_declined_at_once(books: Books) -> None:
    """One answer stands, and the other learns it."""
    for _ in range(5):
        id_, before = ask(books, 30), books.balances()[4]
        calls = [
            acts.call("settle_hold", id=id_, outcome=outcome, operator=2)
            for outcome in ("accepted", "declined") * 4
        ]
        answers = at_once(books, calls)
        assert answers == {"settled": 1, "exists": 3, "no: already_answered": 4}
        accepted = books.ask(
            "SELECT outcome = 'accepted' FROM hold_outcomes WHERE hold_id = %s", id_
        )
        assert books.balances()[4] - before == (30 if accepted else 0)


def test_a_transfer_corrected_by_many_at_once(books: Books) -> None:
    """The same correction twice is one; another one is refused."""
    first = exchange(books, 4, 3, 30)
    books.post(HERE, first.function, **first.arguments)
    same, fixed = (
        uuid.uuid4(),
        {"reverses": first.arguments["p_id"], "reason": "Erreur", "operator": 2},
    )
    calls = [
        acts.call("post_reversal", id=same if n % 2 else uuid.uuid4(), **fixed) for n in range(16)
    ]
    answers = at_once(books, calls)
    assert answers["posted"] == 1
    assert answers in (
        {"posted": 1, "exists": 7, "no: already_reversed": 8},
        {"posted": 1, "no: already_reversed": 15},
    )
    assert books.balances()[4] == 0


def test_someone_is_welcomed_once(books: Books) -> None:
    """Even when the terms change at that moment."""
    calls = [
        acts.call("post_welcome", credit=5, minutes=120 + n % 2, operator=2) for n in range(16)
    ]
    assert at_once(books, calls) == {"posted": 1, "exists": 15}
    assert books.balances()[5] in (120, 121)


def test_someone_leaves_once(books: Books) -> None:
    books.exchange(5, 6, 75)
    leaving = [acts.call("post_settlement", account=n, operator=2) for n in (5, 6)] * 8
    assert at_once(books, leaving) == {"posted": 2, "exists": 14}
    assert (books.balances()[5], books.balances()[6], books.balances()[2]) == (0, 0, 75)


def test_an_author_has_one_number(books: Books) -> None:
    people = [uuid.uuid4() for _ in range(4)]
    calls = [
        acts.call("operator", kind="user", subject=people[n % 4], name=f"Nom {n % 3}")
        for n in range(40)
    ]
    assert len(at_once(books, calls)) == 4


def test_the_year_of_a_grant_is_counted_one_by_one(books: Books) -> None:
    """Of ten grants of 50 by the rule, at the same moment, the year lets two through."""
    books.post(HERE, "ledger_post_gift", p_id=uuid.uuid4(), p_debit=1, p_minutes=1000, p_on=books.today,
               p_operator=2)  # fmt: skip
    books.exchange(4, 3, 400)
    rule = books.adopt_rule()
    calls = [
        acts.call("post_grant", id=uuid.uuid4(), credit=3, minutes=50, rule=rule, decision=None,
                  on=books.today, operator=2)
        for _ in range(10)
    ]  # fmt: skip
    assert at_once(books, calls) == {"posted": 2, "no: grant_beyond_year": 8}


def test_opposite_pairs_never_wait_in_a_circle(books: Books) -> None:
    """A gives to B while B gives to A, and so for every pair; PostgreSQL would cut a circle by an error."""
    chance = Random(3)
    calls = [exchange(books, *chance.sample(range(3, 7), 2), 1) for _ in range(400)]
    assert at_once(books, calls) == {"posted": 400}


def test_single_posts_groups_batches_and_requests_in_any_order(books: Books) -> None:
    """Every kind of movement on the same few accounts, in whatever order they are named."""
    chance = Random(4)

    def draw() -> Act:
        accounts = chance.sample(range(3, 9), 4)
        a, b, c, d = accounts
        fixed = {"on": books.today, "operator": 2}
        kinds: list[Callable[[], Act]] = [
            lambda: exchange(books, a, b, 1),
            lambda: acts.call("post_group", id=uuid.uuid4(), accounts=accounts, deltas=[2, -1, 1, -2],
                              **fixed),
            lambda: acts.call(
                "post_batch", kind="exchange", ids=[uuid.uuid4() for _ in range(3)], debits=[a, b, c],
                credits=[d, c, a], minutes=[1, 1, 1], days=[books.today] * 3, operator=2,
            ),
            lambda: acts.call("place_hold", id=uuid.uuid4(), debit=a, credit=b, minutes=1, wording="",
                              expires=LATER, **fixed),
            lambda: acts.call("post_gift", id=uuid.uuid4(), debit=a, minutes=1, **fixed),
            lambda: acts.call("set_limits", account=a, floor=FLOOR, ceiling=1200, own=True, reason="",
                              operator=2),
            lambda: acts.call("post_settlement", account=a, operator=2),
        ]  # fmt: skip
        return chance.choice(kinds)()

    answers = at_once(books, [draw() for _ in range(600)])
    assert [answer for answer in answers if answer.startswith("no: ")] == []


@pytest.mark.parametrize("end", ["crash", "rollback"])
def test_what_was_not_committed_never_was(books: Books, end: str) -> None:
    """After each statement of a transaction of four acts, it is cut: not a row of it stays."""
    hold = ask(books, 30)
    before = books.snapshot()
    four = [
        exchange(books, 4, 3, 30),
        acts.call("settle_hold", id=hold, outcome="accepted", operator=2),
        acts.call("post_group", id=uuid.uuid4(), accounts=[3, 4, 5], deltas=[-60, 30, 30], on=books.today,
                  operator=2),
        acts.call("close_account", account=9),
    ]  # fmt: skip
    for after in range(1, 5):
        with closing(books.scratch.connect(APP)) as connection:
            connection.execute(f"SET LOCAL app.tenant_id = '{HERE}'")
            for act in four[:after]:
                connection.execute(f"SELECT {act.function}({named(act.arguments)})", act.arguments)
            if end == "rollback":
                connection.rollback()
            else:
                books.admin.execute(
                    "SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,)
                )
        assert books.snapshot() == before
        assert find_faults(books.admin) == []
    assert at_once(books, four, workers=1)["posted"] == 2
