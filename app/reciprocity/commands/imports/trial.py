"""What the three kinds of files have in common."""

from __future__ import annotations

from typing import Generic, TypeVar

from app.core.permissions import Actor
from app.reciprocity.commands.imports.columns import Cells
from app.reciprocity.commands.imports.people import People
from app.reciprocity.models import ImportRun
from app.reciprocity.queries.imports import list_known

One = TypeVar("One")


class Trial(Generic[One]):
    """The trial of a file against the register, then its taking over. Lists of (line, sentence); `notes`: of
    the whole file. `known`: the lines that are here already."""

    def __init__(self, run: ImportRun) -> None:
        self._source = run.source
        self._people = People(run.source, list_known())
        self._seen: dict[str, int] = {}
        self._taken: list[One] = []
        self.known = 0
        self.samples: list[tuple[int, str]] = []
        self.notes: list[str] = []
        self.limits: list[tuple[int, str]] = []
        self.faults: list[tuple[int, str]] = []

    @property
    def fresh(self) -> int:
        """How many are to be written, once `finish` was called."""
        return len(self._taken)

    def take(self, number: int, cells: Cells) -> None:
        """Read a row. DomainError: what is wrong with it."""
        raise NotImplementedError

    def finish(self) -> None:
        """Every row was read; each was judged by itself."""

    def carry_out(self, actor: Actor, *, beyond_limits: bool) -> None:
        """Write what was taken. DomainError: nothing is written."""
        raise NotImplementedError
