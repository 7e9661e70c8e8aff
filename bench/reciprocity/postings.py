"""Postings a second beside pgbench, bare SQL, one hot account, batches; what safety and a transfer cost."""

from __future__ import annotations

import os
import subprocess

from bench.reciprocity.ground import PGBENCH, SQL, Ground
from bench.reciprocity.rounds import (
    CLIENTS,
    Measure,
    Speeds,
    compare,
    pgbench,
    run_pgbench,
    take_turns,
)
from launcher.postgres import ADMIN

SCALE = 10
"""Of pgbench's tables: a million accounts, which stay in memory as ours do."""
BYTES = 420
"""The most that a transfer takes, its entries and indexes included."""
SAMPLE = 100_000
"""Transfers written before they are weighed."""
SAFE = 0.85
"""What must be left of the speed with row security and the chain."""


def measure(ground: Ground) -> list[Measure]:
    """Needs the register `hours`, and leaves it as it is."""
    for copy in ("posted", "hot", "batched", "unchained", "open", "unsafe"):
        ground.create(copy, template="hours")
    for copy in ("unchained", "unsafe"):
        ground.run(copy, NO_CHAIN)
    for copy in ("open", "unsafe"):
        ground.run(copy, NO_ROW_SECURITY)
    ground.create("bare")
    ground.run("bare", (SQL / "bare.sql").read_text())
    ground.settle("bare")
    _prepare_pgbench(ground)
    size = _weigh(ground)
    speeds = take_turns(
        {
            "post": pgbench(ground, "posted", "post"),
            "simple-update": pgbench(ground, "pgbench", "--builtin=simple-update"),
            "bare_post": pgbench(ground, "bare", "bare_post"),
            "bare_post_call": pgbench(ground, "bare", "bare_post_call"),
            "bare_move": pgbench(ground, "bare", "bare_move"),
            "bare_move_call": pgbench(ground, "bare", "bare_move_call"),
            "unchained": pgbench(ground, "unchained", "post"),
            "open": pgbench(ground, "open", "post"),
            "unsafe": pgbench(ground, "unsafe", "post"),
            "batch": pgbench(ground, "batched", "batch", transfers=100),
            "group": pgbench(ground, "batched", "group", transfers=100),
            "hot_naive": pgbench(ground, "bare", "hot_naive"),
            "hot_post": pgbench(ground, "hot", "hot_post"),
            "hot_batch": pgbench(ground, "hot", "hot_batch", transfers=100),
            "hot_group": pgbench(ground, "hot", "hot_group", transfers=100),
        }
    )
    return [*_compare(speeds), size]


def _compare(s: Speeds) -> list[Measure]:
    return [
        compare("pgbench simple-update, 8 clients", s, "post", "simple-update", 0.65),
        compare("bare SQL: the same rows, by statements", s, "post", "bare_post", 0.9),
        compare("  the same rows, by a function", s, "post", "bare_post_call"),
        compare("  without entries, by statements", s, "post", "bare_move"),
        compare("  without entries, by a function", s, "post", "bare_move_call"),
        compare("row security and chain: all that is left", s, "post", "unsafe", SAFE),
        compare("  of which the chain", s, "post", "unchained"),
        compare("  of which row security", s, "post", "open"),
        compare("batch of 100, to single posts", s, "batch", "post", 4),
        compare("group exchange of 100, to single posts", s, "group", "post", 4),
        compare("hot account: batch, to naive locking", s, "hot_batch", "hot_naive", 3),
        compare("hot account: group, to naive locking", s, "hot_group", "hot_naive", 3),
        compare("hot account: single posts, to naive", s, "hot_post", "hot_naive"),
    ]


def _weigh(ground: Ground) -> Measure:
    """Bytes on disk of a transfer, its two entries and their indexes."""
    run_pgbench(ground, "posted", "-f", str(SQL / "post.sql"), "-t", str(SAMPLE // CLIENTS))
    with ground.connect("posted", ADMIN) as connection:
        row = connection.execute(
            "SELECT pg_total_relation_size('transfers') + pg_total_relation_size('entries'), count(*)"
            " FROM transfers"
        ).fetchone()
    assert row
    size, transfers = int(str(row[0])), int(str(row[1]))
    weight = size / transfers
    return Measure(
        f"bytes a transfer, of {transfers:,}",
        f"{weight:.0f}",
        f"{BYTES}",
        weight / BYTES,
        1,
        below=True,
    )


def _prepare_pgbench(ground: Ground) -> None:
    ground.create("pgbench")
    subprocess.run(
        [PGBENCH, "-i", "-q", "-s", str(SCALE)],
        env=os.environ | ground.entry("pgbench", "bulles_owner"), check=True, capture_output=True,
    )  # fmt: skip
    ground.run("pgbench", "GRANT ALL ON ALL TABLES IN SCHEMA public TO bulles_app")


# The chain's two functions answer what they were given: PostgreSQL puts that in place of the calls.
NO_CHAIN = """
CREATE OR REPLACE FUNCTION ledger_core(
  p_id uuid, p_kind text, p_debit int, p_credit int, p_minutes int, p_on date, p_operator int,
  p_posted timestamptz
) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN ''::bytea;
CREATE OR REPLACE FUNCTION ledger_link(p_head bytea, p_core bytea, p_number int, p_version int, p_delta int)
RETURNS bytea LANGUAGE sql IMMUTABLE RETURN p_head;
"""
NO_ROW_SECURITY = """
DO $$
DECLARE
  name regclass;
BEGIN
  FOR name IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', name);
  END LOOP;
END $$
"""
