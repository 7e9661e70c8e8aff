"""The one clock: instants in UTC, days in Paris."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """The current instant, aware, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The current day in Paris."""
    return now().astimezone(PARIS).date()


def paris(instant: datetime) -> datetime:
    """The same instant on a Paris clock."""
    return instant.astimezone(PARIS)
