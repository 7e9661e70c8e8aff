"""A six-page convention rendered, signed twice and sealed: time and memory.

The reference is the same work by bare WeasyPrint and pyHanko calls, in turns, in the same process.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.authority import create_authority
from app.core.documents import open_fonts
from app.core.gateways.signature import SignatureService
from app.core.gateways.timestamp import timestamper
from bench.bare_documents import BareSignatures
from tests.core.papers import convention_html, render, sign_all

RATIO = 1.25
"""The most that our layers may cost over the bare calls, in processor time."""

FIRST = 1.3
"""The most that a worker's first job may cost over its later ones."""

MEMORY = 160
"""The most one process may hold, in MB, after DOCUMENTS conventions."""

ROUNDS = 7
DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "200"))

Job = Callable[[], object]


def run() -> bool:
    """Print the three measures; whether all keep their limit."""
    with tempfile.TemporaryDirectory() as folder:
        authority = create_authority(Path(folder) / "autorite", "secret-of-the-bench")
        service = SignatureService(authority, timestamper("authority:", authority))
        html = convention_html()
        bare = BareSignatures(authority)

        def ours() -> object:
            return sign_all(service, render(html))

        first = _first_job(ours)  # before anything else warms this process, as in a worker
        ratio = _ratio(ours, lambda: bare.render_and_sign(html))
        return ratio <= RATIO and first <= FIRST and _peak_memory(ours) <= MEMORY


def _ratio(ours: Job, reference: Job) -> float:
    _seconds(ours), _seconds(reference)
    pairs = [(_seconds(ours), _seconds(reference)) for _ in range(ROUNDS)]
    mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"convention signed twice and sealed: {mine:.2f} s, bare calls {theirs:.2f} s,", end=" ")
    print(f"ratio {mine / theirs:.2f} (limit {RATIO})")
    return mine / theirs


def _first_job(job: Job) -> float:
    open_fonts()  # what worker/main.py does before it forks; each job then has a child of its own
    first, *later = [_in_child(lambda: [_seconds(job)])[0] for _ in range(ROUNDS)]
    usual = statistics.median(later)
    print(f"in a worker's children: first job {first:.2f} s, later {usual:.2f} s,", end=" ")
    print(f"ratio {first / usual:.2f} (limit {FIRST})")
    return first / usual


def _peak_memory(job: Job) -> float:
    def work() -> list[float]:
        for _ in range(DOCUMENTS):
            job()
        return [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]

    (peak,) = _in_child(work)
    print(
        f"peak memory after {DOCUMENTS} conventions in one process: {peak:.0f} MB (limit {MEMORY})"
    )
    return peak


def _seconds(job: Job) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


def _in_child(work: Callable[[], Sequence[float]]) -> list[float]:
    """What `work` measures in a forked child, as a worker's job runs."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, " ".join(f"{value:.4f}" for value in work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as results:
        figures = [float(value) for value in results.read().split()]
    os.waitpid(child, 0)
    return figures
