"""Whether a posting and a statement's first page take longer once the register is a thousand times larger."""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from app.core.clock import today
from app.core.db import tenant_context
from app.reciprocity.queries.statements import list_movements, open_statement
from app.web import create_app
from bench.lists import settings_for
from bench.reciprocity.ground import FIRST, TENANT, Ground
from bench.reciprocity.rounds import ROUNDS, Measure
from launcher.postgres import ADMIN

SIZES = [10**power for power in range(4, 8)]
"""Entries of the register. BENCH_ENTRIES stops earlier."""
LARGEST = int(os.environ.get("BENCH_ENTRIES", "10000000"))
MEMBERS = 100
"""Few, so that each account's own statement grows as much as the register."""
RATIO = 1.25
"""The most that the largest register may take over the smallest: two levels more in an index, and noise."""
POSTINGS, PAGES = 400, 100
"""How many are timed in each round."""

Task = Callable[[], object]


def measure(ground: Ground) -> list[Measure]:
    """Fill one register of each size, then time them in turns."""
    ground.create_register("grown_0", MEMBERS)
    sizes = [size for size in SIZES if size <= LARGEST]
    for size in sizes:
        ground.create(f"grown_{size}", template="grown_0")
        ground.run(f"grown_{size}", FILL.format(members=MEMBERS, transfers=size // 2), ADMIN)
        ground.settle(f"grown_{size}")
    with ExitStack() as stack:
        posts = {size: _posting(ground, size, stack) for size in sizes}
        pages = {size: _page(ground, size, stack) for size in sizes}
        posting, page = _medians(posts, POSTINGS), _medians(pages, PAGES)
    for size in sizes:
        ground.drop(f"grown_{size}")
    return [
        *_grown("a posting, without the disk", posting),
        *_grown("a statement's first page", page),
    ]


def _grown(what: str, times: Mapping[int, float]) -> list[Measure]:
    smallest, largest = min(times), max(times)
    return [
        Measure(
            f"{what}: {size:.0e} entries, to {smallest:.0e}", f"{times[size] * 1e6:.0f} µs",
            f"{times[smallest] * 1e6:.0f} µs", times[size] / times[smallest],
            RATIO if size == largest else None, below=True,
        )
        for size in times if size != smallest
    ]  # fmt: skip


def _medians(tasks: Mapping[int, Task], times: int) -> dict[int, float]:
    """Seconds of each task, timed in turns: the median of the rounds' medians."""
    rounds = [
        {size: _median(task, times) for size, task in tasks.items()} for _ in range(ROUNDS + 1)
    ]
    return {size: statistics.median(spent[size] for spent in rounds[1:]) for size in tasks}


def _median(task: Task, times: int) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def _posting(ground: Ground, size: int, stack: ExitStack) -> Task:
    """Waiting for the disk is left out: it would hide a posting that takes longer."""
    connection = stack.enter_context(ground.connect(f"grown_{size}", "bulles_app", autocommit=True))
    connection.prepare_threshold = 0
    connection.execute("SET synchronous_commit = off")
    return lambda: connection.execute(POST, _pair())


def _page(ground: Ground, size: int, stack: ExitStack) -> Task:
    """The queries of the page, as a request runs them: its transaction begins by naming the tenant."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    environment = ground.servers.environment(database=f"bench_grown_{size}")
    app = create_app(settings_for(environment, Path(folder)))

    def read() -> None:
        with app.app_context(), tenant_context(TENANT):
            statement = open_statement(_pair()[0], today())
            assert len(list_movements(statement)) == 25

    return read


def _pair() -> Sequence[int]:
    return random.sample(range(FIRST, FIRST + MEMBERS), 2)


POST = "SELECT ledger_post_exchange(uuidv7(), %s::int, %s::int, 60, current_date, 1)"

# In a ring: in each turn a member receives from the next one, so that every account moves twice. The chain
# is left out, and the balances come back to zero: only how much there is matters here.
FILL = """
CREATE TEMPORARY TABLE ring AS
  SELECT uuidv7() AS id, i / {members} AS turn, i % {members} AS debit, (i + 1) % {members} AS credit
  FROM generate_series(0, {transfers} - 1) AS i;
INSERT INTO transfers (tenant_id, id, posted_at, minutes, happened_on, operator_no, debit, credit, kind)
  SELECT t.id, r.id, now(), 60, current_date, 1, 3 + debit, 3 + credit, 'exchange' FROM ring r, tenants t;
INSERT INTO entries (tenant_id, account_no, version, transfer_id, delta, balance_after)
  SELECT t.id, 3 + number, 2 * turn + 1 + second, r.id, delta, CASE WHEN second = 1 THEN 0 ELSE delta END
  FROM ring r, tenants t, LATERAL (
    VALUES (debit, -60, CASE WHEN debit = 0 THEN 0 ELSE 1 END),
      (credit, 60, CASE WHEN credit = 0 THEN 1 ELSE 0 END)
  ) AS leg (number, delta, second);
UPDATE accounts SET version = 2 * {transfers} / {members} WHERE number >= 3;
"""
