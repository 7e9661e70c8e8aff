"""Contenders that take turns, and what is said of them: medians of the ratios of each round."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.reciprocity.ground import PGBENCH, SQL, Ground

CLIENTS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
"""How long a contender runs in each round."""
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "11"))

Contender = Callable[[int], float]
"""What runs for that many seconds, and answers how many transfers it made a second."""
Speeds = Mapping[str, Sequence[float]]
"""Transfers a second of each contender, round by round."""


@dataclass(frozen=True)
class Measure:
    """One line of the table. `limit`: the ratio is at least that, or (`below`) at most; None: only shown."""

    what: str
    ours: str
    reference: str
    ratio: float
    limit: float | None = None
    below: bool = False

    @property
    def kept(self) -> bool:
        """Whether the limit holds."""
        return self.limit is None or (
            self.ratio <= self.limit if self.below else self.ratio >= self.limit
        )


def take_turns(contenders: Mapping[str, Contender]) -> Speeds:
    """Run each in every round, one after the other: what else the machine does falls on all alike."""
    for contender in contenders.values():
        contender(1)
    rounds = [
        {name: contender(round(SECONDS)) for name, contender in contenders.items()}
        for _ in range(ROUNDS)
    ]
    return {name: [speeds[name] for speeds in rounds] for name in contenders}


def compare(
    what: str, speeds: Speeds, ours: str, reference: str, limit: float | None = None
) -> Measure:
    """How many times faster ours is than its reference: the median of the rounds."""
    ratio = statistics.median(a / b for a, b in zip(speeds[ours], speeds[reference], strict=True))
    mine, theirs = (statistics.median(speeds[name]) for name in (ours, reference))
    return Measure(what, f"{mine:,.0f}/s", f"{theirs:,.0f}/s", ratio, limit)


def pgbench(
    ground: Ground, database: str, script: str, *options: str, transfers: int = 1
) -> Contender:
    """A script of sql/, or pgbench's own when it begins with `-`, run by 8 clients."""
    source = [script] if script.startswith("-") else ["-f", str(SQL / f"{script}.sql")]

    def run(seconds: int) -> float:
        return transfers * run_pgbench(ground, database, *source, "-T", str(seconds), *options)

    return run


def run_pgbench(ground: Ground, database: str, *arguments: str) -> float:
    """Transactions a second; AssertionError when one failed."""
    common = ["--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}", "--jobs=2"]
    done = subprocess.run(
        [PGBENCH, *common, *arguments],
        env=os.environ | ground.entry(database), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    speed = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    assert speed, done.stdout
    return float(speed[1])


def print_table(measures: Sequence[Measure]) -> None:
    """One line each: what, ours, the reference, their ratio, its limit, kept or not."""
    width = max(len(measure.what) for measure in measures)
    print(f"{'':{width}}  {'ours':>12}  {'reference':>12}  {'ratio':>7}  {'limit':>8}")
    for m in measures:
        limit = "" if m.limit is None else f"{'≤' if m.below else '≥'} {m.limit:g}"
        verdict = "" if m.limit is None else "kept" if m.kept else "MISSED"
        print(
            f"{m.what:{width}}  {m.ours:>12}  {m.reference:>12}  {m.ratio:>7.2f}  {limit:>8}  {verdict}"
        )
