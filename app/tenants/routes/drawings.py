"""How Bulles are drawn: their points on the map of metropolitan France, the seven steps of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.text import short_date
from app.tenants.models import Bulle, Stage

# Metropolitan France, in degrees (WGS 84): what the outline of components/france.svg covers.
WEST, EAST, SOUTH, NORTH = -5.4, 10.2, 41.3, 51.4
# The drawing, in its own units: components/carte.html projects alike and writes with letters of 17.
WIDTH, RADIUS, LETTER, LINE = 475, 19, 9.5, 22
SIDES = ("start", "end", "middle")


@dataclass(frozen=True)
class Box:
    """A rectangle of the drawing that holds a circle or a name."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two overlap."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


@dataclass(frozen=True)
class Point:
    """One Bulle on the map: `lon` and `lat` in degrees, `nom` on the side (`cote`) that has room;
    empty where none has, the list then names it."""

    bulle: str
    nom: str
    lon: float
    lat: float
    numero: int
    cote: str
    fort: bool

    @property
    def phrase(self) -> str:
        """The point in words."""
        return f"{self.bulle} (étape {self.numero})"

    @property
    def centre(self) -> tuple[float, float]:
        """Where it falls on the drawing."""
        return 30.25 * (self.lon + 5.466), 44 * (51.438 - self.lat)

    @property
    def circle(self) -> Box:
        """What its circle covers."""
        x, y = self.centre
        return Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS)

    def label(self, side: str) -> Box:
        """What its name covers on one side: right of the circle, left of it, or under."""
        (x, y), long = self.centre, LETTER * len(self.bulle)
        left = {"start": x + RADIUS, "end": x - RADIUS - long, "middle": x - long / 2}[side]
        top = y + RADIUS if side == "middle" else y - LINE / 2
        return Box(left, top, left + long, top + LINE)


def place_points(bulles: Sequence[Bulle]) -> list[Point]:
    """The Bulles whose coordinates are known and lie in metropolitan France; the list beside names
    them all. The furthest along is drawn strong, and last, over the others."""
    furthest = max((bulle.stage for bulle in bulles), default=None)
    drawn = [_point(bulle, fort=bulle.stage == furthest) for bulle in bulles if _is_drawn(bulle)]
    return sorted(_name(drawn), key=lambda point: point.fort)


def _is_drawn(bulle: Bulle) -> bool:
    if bulle.coordinates is None:
        return False
    latitude, longitude = bulle.coordinates
    return SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST


def _point(bulle: Bulle, *, fort: bool) -> Point:
    latitude, longitude = bulle.coordinates or (0, 0)
    return Point(bulle.name, "", float(longitude), float(latitude), bulle.stage, SIDES[0], fort)


def _name(points: list[Point]) -> list[Point]:
    """Write each name where it meets no circle and no earlier name."""
    taken = [point.circle for point in points]
    named = []
    for point in points:
        side = next((side for side in SIDES if _is_free(point.label(side), taken)), None)
        if side:
            taken.append(point.label(side))
            point = replace(point, nom=point.bulle, cote=side)
        named.append(point)
    return named


def _is_free(box: Box, taken: list[Box]) -> bool:
    inside = box.left >= 0 and box.right <= WIDTH
    return inside and not any(box.meets(other) for other in taken)


@dataclass(frozen=True)
class Step:
    """One of the seven stages in the life of a Bulle, with the day it was entered, if it was."""

    nom: str
    date: str
    detail: str = ""


def draw_steps(bulle: Bulle) -> list[Step]:
    """The seven stages in order."""
    days = {passage.stage: passage.entered_on for passage in bulle.standing_passages}
    written = {stage: short_date(day) for stage, day in days.items()}
    return [Step(stage.label, written.get(stage.value, "")) for stage in Stage]
