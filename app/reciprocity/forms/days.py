"""The days from one to another that an address asks for."""

from __future__ import annotations

from datetime import date

from werkzeug.datastructures import MultiDict


def read_days(args: MultiDict[str, str]) -> tuple[date | None, date | None]:
    """The days `du` and `au`, None where none can be read. Who mixes up the two means the same days."""
    since, until = (args.get(name, None, date.fromisoformat) for name in ("du", "au"))
    return (until, since) if since and until and until < since else (since, until)
