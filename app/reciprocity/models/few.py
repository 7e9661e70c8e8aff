"""Numbers about few people: the team alone sees them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

FEW = 5
"""Outside the team, a number that rests on fewer members is not shown: it would tell what one of them did."""
Part = TypeVar("Part")


@dataclass(frozen=True)
class Tally:
    """Minutes, and on how many members they rest: a group or another place gives hours, and is nobody."""

    minutes: int = 0
    people: int = 0

    @property
    def is_few(self) -> bool:
        """Whether it is the team's alone to see. Nothing at all is no secret: zero is shown."""
        return self.people < FEW and self != Tally()

    def told(self, *, for_team: bool) -> Tally | None:
        """As it is shown; None when it is not."""
        return self if for_team or not self.is_few else None


def add_up(parts: Iterable[Tally]) -> Tally:
    """The whole of parts that share no member."""
    told = list(parts)
    return Tally(sum(part.minutes for part in told), sum(part.people for part in told))


def tell(parts: Mapping[Part, Tally], *, for_team: bool) -> dict[Part, Tally | None]:
    """The parts of a whole as they are shown beside it; None those that are not.

    The few are not; nor is the next smallest beside them, or a subtraction would give the few. A part whose
    name is None is shown nowhere anyway: it is the first to hide behind.
    """
    hidden = {name for name, part in parts.items() if part.is_few and not for_team}
    others = [name for name, part in parts.items() if part.people >= FEW]
    if hidden and others:
        hidden.add(min(others, key=lambda name: (name is not None, parts[name].people)))
    return {name: None if name in hidden else part for name, part in parts.items()}
