"""The forms of exchanges, between two people or several."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict
from wtforms import DateField, RadioField, SelectField, StringField, TimeField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.core.clock import today
from app.core.db import new_id
from app.core.errors import DomainError
from app.core.forms import NO_FILL, Form, needed
from app.core.text import duration, plural
from app.reciprocity.commands.exchanges import Exchange, share_in, share_out
from app.reciprocity.forms.days import read_days
from app.reciprocity.forms.keys import read_key
from app.reciprocity.models import LONGEST, TRANSFER_KIND_LABELS, ExchangeNote, TransferKind
from app.reciprocity.models.reading import read_minutes
from app.reciprocity.queries.categories import get_category, list_categories
from app.reciprocity.queries.exchanges import ExchangeFilter, ExchangeLine
from app.reciprocity.queries.hours import find_start

DAY_MISSING = "Choisissez un jour, par exemple le 23/11/2026."
DURATION_HINT = "En minutes ou en heures : 45, 1 h 30, 2 h."
HOURS_OR_MINUTES = 12
"""A bare number up to this one is said in hours as often as in minutes."""
LONGEST_WORDING = 200
KINDS = (
    *((kind.value, TRANSFER_KIND_LABELS[kind]) for kind in TransferKind),
    ("all", "Tous les mouvements"),
)
STATES = (("standing", "Ceux qui tiennent"), ("corrected", "Ceux qui sont corrigés"))
RULES = (
    ("chacun", "Chaque personne qui reçoit a reçu ce temps"),
    ("partage", "Chaque personne qui donne a donné ce temps, partagé entre celles qui reçoivent"),
)


class DurationField(StringField):
    """Minutes, written as people write them; `data` is their number, None when nothing was written."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read « 45 », « 1 h 30 », « 2 h »."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        typed = valuelist[0].strip()
        if typed.isdecimal() and len(typed) < 3 and 0 < int(typed) <= HOURS_OR_MINUTES:
            raise ValueError(
                f"{plural(int(typed), 'heure')}, ou {plural(int(typed), 'minute')} ?"
                f" Écrivez {typed} h, ou {typed} min."
            )
        try:
            self.data = read_minutes(typed)
        except DomainError as refusal:
            raise ValueError(refusal.message) from refusal

    def pre_validate(self, form: Any) -> None:
        """A duration is of one minute at least, and of a day at most."""
        if self.data is not None and not 0 < self.data <= LONGEST:
            raise ValidationError("Une durée va d’une minute à 24 h.")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return duration(self.data) if self.data else ""


class WhenForm(Form):
    """How long, which day, and since what time if that is known."""

    minutes = DurationField(
        "Durée",
        [InputRequired("Dites combien de temps.")],
        description=DURATION_HINT,
        render_kw=NO_FILL,
    )
    day = DateField("Jour", [needed(DAY_MISSING)], default=today)
    starts = TimeField(
        "Heure de début",
        [Optional()],
        description="Utile seulement si la personne a aussi du bénévolat ce jour-là.",
    )


class ExchangeForm(WhenForm):
    """The last question of an exchange between two people."""

    wording = StringField(
        "C’était quoi ?",
        [Optional(), Length(max=LONGEST_WORDING)],
        description="Par exemple : cuisine, couture, ordinateur, courses.",
        render_kw=NO_FILL,
    )

    def exchange(self, draft: ExchangeDraft) -> Exchange:
        """The exchange that the address and the form tell together."""
        assert draft.giver  # noqa: S101 nothing is asked before they are known
        assert draft.receiver  # noqa: S101 the same
        assert self.day.data  # noqa: S101 the field is required
        return Exchange(
            id=draft.key,
            giver=draft.giver,
            receiver=draft.receiver,
            minutes=self.minutes.data,
            happened_on=self.day.data,
            starts_at=self.starts.data,
            wording=self.wording.data or "",
        )


class CorrectionForm(ExchangeForm):
    """An exchange as it should have been noted."""

    reason = StringField(
        "Pourquoi cette correction ?",
        [needed("Dites pourquoi, en quelques mots."), Length(max=LONGEST_WORDING)],
        description="Par exemple : c’était une heure de plus.",
        render_kw=NO_FILL,
    )

    @classmethod
    def of(cls, line: ExchangeLine) -> CorrectionForm:
        """The form filled with what was noted."""
        noted = line.transfer
        start = find_start(noted.id, noted.credit or 0)
        return cls(
            minutes=noted.minutes,
            day=noted.happened_on,
            starts=start and start.starts_at,
            wording=line.wording,
        )


class GatheringForm(WhenForm):
    """The last questions of an exchange between several; they stand in the address, to be read before it
    is noted."""

    class Meta:
        csrf = False

    rule = RadioField("Comment compter ?", choices=RULES, default=RULES[0][0])
    wording = StringField(
        "C’était quoi ?",
        [Optional(), Length(max=LONGEST_WORDING)],
        description="Par exemple : atelier couture, repas du quartier.",
        render_kw=NO_FILL,
    )

    def told(self) -> dict[str, str]:
        """What was written, for the address of the next page."""
        return {field.name: field.raw_data[0] for field in self if field.raw_data}

    def shares(self, gathering: Gathering) -> dict[int, int]:
        """Account number → minutes given (+) or received (-); DomainError when someone does both."""
        both = set(gathering.givers) & set(gathering.receivers)
        if both:
            raise DomainError("Une personne ne peut pas donner et recevoir dans le même échange.")
        share = share_out if self.rule.data == RULES[0][0] else share_in
        return share(gathering.givers, gathering.receivers, self.minutes.data)


class GroupForm(Form):
    """An account for several people together."""

    name = StringField(
        "Comment s’appelle ce groupe ?",
        [needed("Donnez un nom au groupe."), Length(max=80)],
        description="Par exemple : la chorale, l’atelier vélo.",
        render_kw=NO_FILL,
    )


class WordingForm(Form):
    """What an exchange was about, in words and by its theme."""

    wording = StringField(
        "C’était quoi ?",
        [Optional(), Length(max=LONGEST_WORDING)],
        description="Par exemple : cuisine, couture, ordinateur, courses.",
        render_kw=NO_FILL,
    )
    theme = SelectField("Thème", [Optional()], default="")

    def __init__(self, note: ExchangeNote | None = None, **given: Any) -> None:
        known = {"wording": note.wording, "theme": str(note.category_id or "")} if note else {}
        super().__init__(data=known, **given)
        themes = list_categories()
        if note and note.category_id and note.category_id not in {theme.id for theme in themes}:
            themes = [*themes, get_category(note.category_id)]
        self.theme.choices = [("", "Sans thème"), *((str(t.id), t.name) for t in themes)]

    @property
    def category_id(self) -> uuid.UUID | None:
        """The theme that was chosen."""
        return uuid.UUID(self.theme.data) if self.theme.data else None


class ThanksForm(Form):
    """A thank-you from whoever received."""

    thanks = StringField(
        "Un mot de merci",
        [Optional(), Length(max=LONGEST_WORDING)],
        description="De la part de la personne qui a reçu.",
        render_kw=NO_FILL,
    )


class ReasonForm(Form):
    """Why an exchange is cancelled, if one wants to say."""

    reason = StringField(
        "Pourquoi ?",
        [Optional(), Length(max=LONGEST_WORDING)],
        description="Par exemple : noté deux fois.",
        render_kw=NO_FILL,
    )


@dataclass(frozen=True)
class ExchangeDraft:
    """An exchange being told, one question a page: what the address says of it so far.

    `key`: the id of the exchange to come, made with the first page, so that it is noted once. `asked`: which
    person is to be chosen, `donne`, `recoit`, or empty when both are known.
    """

    key: uuid.UUID
    giver: int | None = None
    receiver: int | None = None
    asked: str = ""

    @classmethod
    def read(cls, args: MultiDict[str, str], base: ExchangeDraft | None = None) -> ExchangeDraft:
        """The draft of an address, over what is known already. NoResultFound: the address makes no sense."""
        base = base or cls(new_id())
        giver = read_number(args.get("donne")) or base.giver
        receiver = read_number(args.get("recoit")) or base.receiver
        missing = "donne" if giver is None else "recoit" if receiver is None else ""
        asked = args.get("changer") or missing
        return cls(read_key(args) or base.key, giver, receiver, asked)

    @property
    def address(self) -> dict[str, Any]:
        """The parameters that tell it."""
        told = {"donne": self.giver, "recoit": self.receiver, "cle": self.key}
        return {name: value for name, value in told.items() if value is not None}

    @property
    def kept(self) -> dict[str, Any]:
        """The parameters, without the one that is asked."""
        return {name: value for name, value in self.address.items() if name != self.asked}

    @property
    def numbers(self) -> list[int]:
        """The accounts known so far."""
        return [number for number in (self.giver, self.receiver) if number is not None]


@dataclass(frozen=True)
class Gathering:
    """An exchange between several being told: who gave and who received, so far."""

    key: uuid.UUID
    givers: Sequence[int] = ()
    receivers: Sequence[int] = ()

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Gathering:
        """What the address says. NoResultFound: it makes no sense."""
        return cls(
            read_key(args) or new_id(),
            _read_numbers(args.getlist("donne")),
            _read_numbers(args.getlist("recoit")),
        )

    @property
    def address(self) -> dict[str, Any]:
        """The parameters that tell it."""
        return {"donne": list(self.givers), "recoit": list(self.receivers), "cle": self.key}

    @property
    def numbers(self) -> list[int]:
        """The accounts known so far."""
        return [*self.givers, *self.receivers]


def _read_numbers(typed: Sequence[str]) -> list[int]:
    """Several account numbers, each one once."""
    return list(dict.fromkeys(number for one in typed if (number := read_number(one))))


def read_filter(args: MultiDict[str, str], *, for_team: bool) -> ExchangeFilter:
    """Which exchanges the address asks for; what cannot be read filters nothing."""
    kind = args.get("genre", "")
    since, until = read_days(args)
    return ExchangeFilter(
        q=args.get("q", "").strip(),
        kind=kind if kind in dict(KINDS) else "",
        state=args.get("etat", ""),
        bulle_id=args.get("bulle", None, uuid.UUID),
        since=since,
        until=until,
        for_team=for_team,
    )


def read_number(typed: str | None) -> int | None:
    """An account number as an address gives it; None when it gives none. NoResultFound: it is no number."""
    if typed is None:
        return None
    if not re.fullmatch(r"\d{1,9}", typed):
        raise NoResultFound
    return int(typed)
