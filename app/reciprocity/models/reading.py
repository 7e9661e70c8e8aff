"""Durations and days, as people and spreadsheets write them. Pure."""

from __future__ import annotations

import re
from calendar import isleap
from datetime import date, datetime

from app.core.clock import paris, today
from app.core.errors import DomainError

CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::[0-5]\d)?")
HOURS = re.compile(r"(\d{1,4})(?:h|hr|hrs|heure|heures)(?:([0-5]?\d)(?:m|mn|min|minute|minutes)?)?")
MINUTES = re.compile(r"(\d{1,5})(?:m|mn|min|minute|minutes)")
DECIMAL = re.compile(r"(\d{1,4})[.,](\d{1,4})(?:h|hr|hrs|heure|heures)?")
WHOLE = re.compile(r"\d{1,5}")
FRENCH_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2}|\d{4}))?(?:[ T]\d{1,2}[:h].*)?")
NOT_A_DURATION = "Une durée s’écrit 1 h 30, 1:30, 90 min ou 1,5 h."
NOT_A_DAY = "Un jour s’écrit 21/11/2026."


def read_minutes(text: str, *, whole: int = 1) -> int:
    """Minutes from « 1 h 30 », « 1:30 », « 90 min », « 1,5 h »; hours with decimals go to the nearest minute.

    `whole`: minutes in one unit of a bare whole number, 1 or 60. Zero is read. DomainError: no duration.
    """
    bare = re.sub(r"\s", "", text).lower()
    if found := CLOCK.fullmatch(bare) or HOURS.fullmatch(bare):
        return int(found[1]) * 60 + int(found[2] or 0)
    if found := MINUTES.fullmatch(bare):
        return int(found[1])
    if found := DECIMAL.fullmatch(bare):
        return round(float(f"{found[1]}.{found[2]}") * 60)
    if WHOLE.fullmatch(bare):
        return int(bare) * whole
    raise DomainError(NOT_A_DURATION)


def read_day(text: str, *, guess_year: bool = False) -> date:
    """A day from « 21/11/2026 », « 2026-11-21 », or an instant of a day (in Paris when its zone is said).

    `guess_year`: « 21/11 » is the last one that has come. DomainError: this is no day.
    """
    bare = text.strip()
    try:
        if found := FRENCH_DAY.fullmatch(bare):
            return _french_day(int(found[1]), int(found[2]), found[3], guess_year=guess_year)
        instant = datetime.fromisoformat(bare.replace(" UTC", "+00:00").replace(" +", "+"))
    except ValueError as wrong:
        raise DomainError(NOT_A_DAY) from wrong
    return paris(instant).date() if instant.tzinfo else instant.date()


def _french_day(day: int, month: int, year: str | None, *, guess_year: bool) -> date:
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    if not guess_year:
        raise ValueError(year)
    latest = today()
    guess = latest.year - ((month, day) > (latest.month, latest.day))
    while (month, day) == (2, 29) and not isleap(guess):
        guess -= 1
    return date(guess, month, day)
