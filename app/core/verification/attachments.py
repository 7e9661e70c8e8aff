"""What a document says of itself in machine form: each context reads the data of its own documents.

A reader judges the data alone; whether the file that carries them is sound is the report's to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reading:
    """What the data say: a title, a sentence, the facts (name, value), and what is wrong with them."""

    title: str
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the data hold together."""
        return not self.faults


Reader = Callable[[dict[str, Any]], Reading | None]
_readers: list[Reader] = []


def reads_attachment(reader: Reader) -> Reader:
    """Register the reader of a kind of data; it answers None for another kind, and never raises."""
    _readers.append(reader)
    return reader


def read_attachment(content: bytes | None) -> Reading | None:
    """What the data carried by a document say; None when nobody knows them."""
    try:
        data = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    return next((found for reader in _readers if (found := reader(data)) is not None), None)
