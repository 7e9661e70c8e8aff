"""A row of a file, read: what it says, or the sentence that says what is wrong with it and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.core.clock import today
from app.core.errors import DomainError
from app.core.text import fold, long_date
from app.reciprocity.commands.imports.columns import Cells
from app.reciprocity.models import LONGEST, OfferKind
from app.reciprocity.models.reading import read_day, read_minutes
from app.reciprocity.models.words import read_interests

LONGEST_NAME = 120
LONGEST_TITLE = 150
"""Letters."""
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
REQUESTS = ("besoin", "demande", "request", "inquiry", "demanda", "eskaera", "eskaria")
"""« Besoin », and « demande » in the languages of TimeOverflow, folded."""
YES = ("oui", "o", "vrai", "1", "yes", "true", "x")


@dataclass(frozen=True, slots=True)
class Party:
    """Someone that a row names: by a key when it has one, by a name else."""

    name: str
    key: str = ""

    def __str__(self) -> str:
        return self.name or self.key


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member, or a group, to be taken over."""

    key: str
    name: str
    is_group: bool
    email: str
    phone: str
    interests: tuple[str, ...]
    shows_contact: bool
    joined_on: date | None
    left_on: date | None


@dataclass(frozen=True, slots=True)
class OfferLine:
    """An offer or a request to be taken over."""

    key: str
    author: Party
    kind: OfferKind
    category: str
    title: str
    text: str
    for_group: bool
    published_on: date | None
    expires_on: date | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """An exchange to be taken over. `moment`: the day as it is written, with its hour if there is one."""

    key: str
    giver: Party
    receiver: Party
    minutes: int
    happened_on: date
    moment: str
    wording: str
    category: str


def read_each(**cells: Callable[[], Any]) -> dict[str, Any]:
    """What several cells of a row say, by name, in this order. DomainError: all that is wrong, at once."""
    read: dict[str, Any] = {}
    faults = []
    for name, reader in cells.items():
        try:
            read[name] = reader()
        except DomainError as fault:
            faults.append(fault.message)
    if faults:
        raise DomainError(" ".join(dict.fromkeys(faults)))
    return read


def read_member(cells: Cells) -> MemberLine:
    """A row of the members. DomainError: no name, a day or an address that cannot be read."""
    return MemberLine(
        key=cells.get("key", ""),
        is_group=fold(cells.get("kind", "")) == "groupe",
        phone=cells.get("phone") or cells.get("phone_2", ""),
        interests=tuple(read_interests(cells.get("interests", ""))),
        shows_contact=_is_yes(cells.get("shows", "")),
        **read_each(
            name=lambda: _name(cells.get("name", "")),
            email=lambda: _email(cells.get("email", "")),
            joined_on=lambda: _past_day(cells.get("joined", "")),
            left_on=lambda: _past_day(cells.get("left", "")),
        ),
    )


def read_offer(cells: Cells) -> OfferLine:
    """A row of the offers. DomainError: no title, no author, a day that cannot be read."""
    asks = fold(cells.get("kind", "")) in REQUESTS
    return OfferLine(
        key=cells.get("key", ""),
        kind=OfferKind.REQUEST if asks else OfferKind.OFFER,
        category=cells.get("category", ""),
        text=cells.get("text", ""),
        for_group=_is_yes(cells.get("group", "")),
        **read_each(
            title=lambda: _title(cells.get("title", "")),
            author=lambda: _party(
                cells.get("member", ""), cells.get("member_key", ""), "Il manque son auteur."
            ),
            published_on=lambda: _past_day(cells.get("published", "")),
            expires_on=lambda: _day(cells.get("expires", "")),
            closed_on=lambda: _past_day(cells.get("closed", "")),
        ),
    )


def read_exchange(cells: Cells) -> ExchangeLine:
    """A row of the exchanges. DomainError: who, when or how long is missing, or cannot be."""
    return ExchangeLine(
        key=cells.get("key", ""),
        moment=cells.get("day", ""),
        wording=cells.get("wording") or cells.get("reason", ""),
        category=cells.get("category", ""),
        **read_each(
            happened_on=lambda: _happened_on(cells.get("day", "")),
            giver=lambda: _party(
                cells.get("giver", ""), cells.get("giver_key", ""), "Il manque qui a donné."
            ),
            receiver=lambda: _party(
                cells.get("receiver", ""), cells.get("receiver_key", ""), "Il manque qui a reçu."
            ),
            minutes=lambda: _minutes(cells),
        ),
    )


def _name(typed: str) -> str:
    name = " ".join(typed.split())  # a cell may hold several lines, a name may not
    if not name:
        raise DomainError("Il manque le nom.")
    if len(name) > LONGEST_NAME:
        raise DomainError(f"Ce nom est trop long : gardez {LONGEST_NAME} lettres.")
    return name


def _email(typed: str) -> str:
    if typed and not ADDRESS.fullmatch(typed):
        raise DomainError(
            f"« {typed} » n’est pas une adresse e-mail. Corrigez-la, ou videz la case."
        )
    return typed


def _title(typed: str) -> str:
    if not typed:
        raise DomainError("Il manque le titre de l’annonce.")
    if len(typed) > LONGEST_TITLE:
        raise DomainError(f"Ce titre est trop long : gardez {LONGEST_TITLE} lettres.")
    return typed


def _minutes(cells: Cells) -> int:
    hours = cells.get("hours")
    typed = hours if hours is not None else cells.get("duration", "")
    if typed in ("", "—"):  # TimeOverflow writes no time at all as a dash
        raise DomainError("Il manque la durée. Sans durée, enlevez cette ligne.")
    minutes = read_minutes(typed, whole=60 if hours is not None else 1)
    if minutes == 0:
        raise DomainError("Cette durée est nulle. Corrigez-la, ou enlevez cette ligne.")
    if minutes > LONGEST:
        raise DomainError("Une durée dépasse 24 h. Coupez cette ligne en plusieurs échanges.")
    return minutes


def _party(name: str, key: str, missing: str) -> Party:
    if not name and not key:
        raise DomainError(missing)
    return Party(name, key)


def _happened_on(typed: str) -> date:
    day = _past_day(typed)
    if day is None:
        raise DomainError("Il manque le jour.")
    return day


def _past_day(typed: str) -> date | None:
    day = _day(typed)
    if day and day > today():
        raise DomainError(f"Le {long_date(day)} n’est pas encore venu. Corrigez ce jour.")
    return day


def _day(typed: str) -> date | None:
    if not typed:
        return None
    try:
        return read_day(typed)
    except DomainError as fault:
        raise DomainError(f"« {typed} » n’est pas un jour. {fault.message}") from fault


def _is_yes(typed: str) -> bool:
    return fold(typed) in YES
