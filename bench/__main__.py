"""`python -m bench NAME…`, or all of them; fails when a measure is beyond its limit."""

from __future__ import annotations

import importlib
import sys

BENCHES = {"documents": "bench.documents"}
"""Name → module with `run() -> bool`, true when every limit is kept."""


def main(names: list[str]) -> int:
    """Run the benches named, in order; the exit code."""
    kept = [importlib.import_module(BENCHES[name]).run() for name in names or BENCHES]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
