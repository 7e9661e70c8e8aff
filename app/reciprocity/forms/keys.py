"""The ids that pages and programs make for what they ask: it is noted once, however often it is sent."""

from __future__ import annotations

import uuid

from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from app.core.db import new_id

VERSIONS = (4, 7)
"""By chance, or by the clock. Ids that we derive are of another version: nobody takes them in advance."""


def parse_key(typed: str) -> uuid.UUID:
    """An id that one may make. ValueError: it is none."""
    key = uuid.UUID(typed)
    if key.version not in VERSIONS:
        raise ValueError(typed)
    return key


def read_key(args: MultiDict[str, str]) -> uuid.UUID | None:
    """The id in an address, None when it has none. NoResultFound: it is none of ours."""
    typed = args.get("cle")
    try:
        return None if typed is None else parse_key(typed)
    except ValueError as error:
        raise NoResultFound from error


def read_or_make_key(typed: object) -> uuid.UUID:
    """The id in a form; a new one when it is damaged."""
    try:
        return parse_key(str(typed))
    except ValueError:
        return new_id()
