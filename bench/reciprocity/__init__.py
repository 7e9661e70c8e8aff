"""The register of hours beside its references, in one run, on one PostgreSQL that waits for its disk.

    bin/bench reciprocity

Contenders take turns of BENCH_SECONDS (2), BENCH_ROUNDS times (11); a ratio is the median of the rounds'
ratios, since only what ran side by side compares on a machine that also does something else. BENCH_ENTRIES
(10 000 000) is the largest register whose postings and statements are timed. django-hordak is installed in an
environment of its own under var/bench; pgbench comes with the embedded PostgreSQL. Everyone is the same role,
has 8 clients, prepared statements, and 10 000 accounts of which two are taken at random.

What each limit is held to, where there was a choice:

- *Bare SQL* is the same rows by the statements that a program sends in one transaction: two updates in
  ascending order, a transfer, two entries, with nothing of owners, idempotency, limits, day or chain. The
  same in one function saves the round trips, as ours does: it is shown below, and both without the entries.
- *One hot account*: a posting holds the account until the disk has it, whatever the posting does. So what the
  application does there is to post many at once: a pile of cheques and an import are batches, the check-in of
  a workshop is one group exchange. Single postings are shown too.
"""

from __future__ import annotations

from bench.reciprocity import growth, peers, postings
from bench.reciprocity.ground import VAR, Ground
from bench.reciprocity.rounds import print_table
from launcher.servers import Servers


def run() -> bool:
    """Print a line per measure; whether all keep their limit."""
    with Servers(VAR, environ={}) as servers:
        ground = Ground(servers)
        ground.create_register("hours")
        measures = [*postings.measure(ground), *peers.measure(ground), *growth.measure(ground)]
    print_table(measures)
    return all(measure.kept for measure in measures)
