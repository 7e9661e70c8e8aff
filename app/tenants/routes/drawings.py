"""How Bulles are drawn: their points on the map of metropolitan France, the seven steps of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.text import short_date
from app.tenants.models import Bulle, Stage

# Metropolitan France, in degrees (WGS 84): what the outline of components/france.svg covers.
WEST, EAST, SOUTH, NORTH = -5.4, 10.2, 41.3, 51.4
MIDDLE = 3.0


@dataclass(frozen=True)
class Point:
    """One Bulle on the map: `lon` and `lat` in degrees, the name on the side that has room."""

    nom: str
    lon: float
    lat: float
    numero: int
    cote: str
    fort: bool

    @property
    def phrase(self) -> str:
        """The point in words."""
        return f"{self.nom} (étape {self.numero})"


def place_points(bulles: Sequence[Bulle]) -> list[Point]:
    """The Bulles whose coordinates are known and lie in metropolitan France; the list names them
    all. The furthest along is drawn strong."""
    furthest = max((bulle.stage for bulle in bulles), default=None)
    points = [_point(bulle, fort=bulle.stage == furthest) for bulle in bulles if _is_drawn(bulle)]
    return sorted(points, key=lambda point: point.fort)


def _is_drawn(bulle: Bulle) -> bool:
    if bulle.coordinates is None:
        return False
    latitude, longitude = bulle.coordinates
    return SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST


def _point(bulle: Bulle, *, fort: bool) -> Point:
    latitude, longitude = bulle.coordinates or (0, 0)
    side = "start" if longitude < MIDDLE else "end"
    return Point(bulle.name, float(longitude), float(latitude), bulle.stage, side, fort)


@dataclass(frozen=True)
class Step:
    """One of the seven stages in the life of a Bulle, with the day it was entered, if it was."""

    nom: str
    date: str
    detail: str = ""


def draw_steps(bulle: Bulle) -> list[Step]:
    """The seven stages in order."""
    days = {passage.stage: passage.entered_on for passage in bulle.standing_passages}
    written = {stage: f"{short_date(day)} {day.year}" for stage, day in days.items()}
    return [Step(stage.label, written.get(stage.value, "")) for stage in Stage]
