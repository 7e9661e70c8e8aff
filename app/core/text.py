"""French text: sort keys, slugs, dates, amounts, counts."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from app.core.clock import paris, today

DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
SHORT_MONTHS = [
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    "juill.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
]
NBSP = "\u00a0"


def fold(text: str) -> str:
    """Lower case without accents: sort key and search key (the embedded PostgreSQL has no ICU)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("œ", "oe")


def slugify(text: str) -> str:
    """The address form of a name: `centre-social-de-dijon`."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:60]


def _day(value: date) -> date:
    return paris(value).date() if isinstance(value, datetime) else value


def _number(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)


def long_date(value: date) -> str:
    """20 novembre 2026"""
    day = _day(value)
    return f"{_number(day)}{NBSP}{MONTHS[day.month - 1]}{NBSP}{day.year}"


def month_year(value: date) -> str:
    """novembre 2026"""
    return f"{MONTHS[_day(value).month - 1]}{NBSP}{_day(value).year}"


def weekday_date(value: date) -> str:
    """lundi 23 novembre 2026"""
    return f"{DAYS[_day(value).weekday()]} {long_date(value)}"


def short_date(value: date) -> str:
    """20 nov., with its year when that is not the current one."""
    day = _day(value)
    year = "" if day.year == today().year else f"{NBSP}{day.year}"
    return f"{_number(day)}{NBSP}{SHORT_MONTHS[day.month - 1]}{year}"


def hour(value: datetime) -> str:
    """9 h 12"""
    local = paris(value)
    return f"{local.hour}{NBSP}h{NBSP}{local.minute:02d}"


def instant(value: datetime) -> str:
    """20 novembre 2026 à 9 h 12"""
    return f"{long_date(value)} à {hour(value)}"


def euros(cents: int) -> str:
    """16 500 € or 12,50 €"""
    whole, rest = divmod(abs(cents), 100)
    amount = f"{whole:,}".replace(",", NBSP) + (f",{rest:02d}" if rest else "")
    return f"{'−' if cents < 0 else ''}{amount}{NBSP}€"


def duration(minutes: int) -> str:
    """Minutes as hours are told: 45 min, 9 h, 1 h 30, −2 h 05."""
    hours, rest = divmod(abs(minutes), 60)
    if not hours:
        told = f"{rest}{NBSP}min"
    else:
        told = f"{hours:,}".replace(",", NBSP) + f"{NBSP}h" + (f"{NBSP}{rest:02d}" if rest else "")
    return f"{'−' if minutes < 0 else ''}{told}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 convention, 2 conventions, 1 200 conventions; zero is singular in French."""
    word = one if abs(count) < 2 else many or f"{one}s"
    return f"{count:,}".replace(",", NBSP) + f"{NBSP}{word}"


def join_names(names: list[str]) -> str:
    """A, B et C"""
    return " et ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


ELIDED = re.compile(r"[aeiouh]|y[^aeiou]")


def of_name(name: str) -> str:
    """de Yann, d’Awa, d’Hélène, d’Yves: as most people say it, who elide before an h."""
    return f"d’{name}" if ELIDED.match(fold(name)) else f"de {name}"


BEFORE = re.compile(r"(?<!\s) (?=[:;?!»€](?:[\s<)».,…\"]|$))")
AFTER = re.compile(r"(?<=«) ")


def typography(text: str) -> str:
    """French spacing: what stands before : ; ? ! » € and after « never begins or ends a line."""
    return AFTER.sub(NBSP, BEFORE.sub(NBSP, text))


FILTERS = {
    "date_longue": long_date,
    "jour": weekday_date,
    "date_courte": short_date,
    "mois": month_year,
    "heure": hour,
    "instant": instant,
    "euros": euros,
    "duree": duration,
    "pluriel": plural,
    "enumerer": join_names,
    "de": of_name,
}
