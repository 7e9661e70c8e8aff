"""The rounds of a client process: a number of seconds on each line of its input, a number of transfers back.

Standard library only: the peers' own environments import it too.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable


def serve(transfer: Callable[[int, int], object], first: int, accounts: int) -> None:
    """Make transfers between two of `accounts` accounts, numbered from `first`, as long as asked."""
    print("ready", flush=True)
    draw = random.Random().randint  # noqa: S311 a load, not a secret
    for line in sys.stdin:
        end = time.perf_counter() + float(line)
        made = 0
        while time.perf_counter() < end:
            debit = draw(0, accounts - 1)
            credit = (debit + draw(1, accounts - 1)) % accounts
            transfer(first + debit, first + credit)
            made += 1
        print(made, flush=True)
