"""`python -m bench NAME…`, or all of them; fails when a measure is beyond its limit."""

from __future__ import annotations

import importlib
import sys

BENCHES = {
    "documents": ("bench.documents", "bench.lists"),
    "reciprocity": ("bench.reciprocity",),
}
"""Name → modules with `run() -> bool`, true when every limit is kept."""


def main(names: list[str]) -> int:
    """Run the benches named, in order; the exit code."""
    modules = [module for name in names or BENCHES for module in BENCHES[name]]
    kept = [importlib.import_module(module).run() for module in modules]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
