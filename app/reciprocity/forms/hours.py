"""The forms of hours by regime."""

from __future__ import annotations

import uuid
from calendar import monthrange
from datetime import time
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import DateField, RadioField, StringField, TimeField
from wtforms.validators import InputRequired, Length

from app.core.clock import today
from app.core.forms import NO_FILL, Form, needed
from app.reciprocity.commands.hours import Hours
from app.reciprocity.forms.days import read_days
from app.reciprocity.forms.exchanges import DAY_MISSING, DURATION_HINT, DurationField
from app.reciprocity.models import REGIME_LABELS, Regime
from app.reciprocity.queries.hours import DECLARED, HoursFilter, Period

TYPED = ("regime", "day", "starts", "minutes", "activity")
START_MISSING = "Dites à quelle heure cela a commencé."


class BeginningForm(Form):
    """When an exchange began."""

    starts = TimeField("À quelle heure cela a-t-il commencé ?", [InputRequired(START_MISSING)])


class StartForm(BeginningForm):
    """When someone began what they gave in an exchange, and how long they were at it."""

    minutes = DurationField(
        "Combien de temps ?",
        [InputRequired("Dites combien de temps.")],
        description="Le temps passé par la personne, même si elle l’a donné à plusieurs.",
        render_kw=NO_FILL,
    )

    def told(self) -> tuple[time, int]:
        """The start, and the minutes."""
        assert self.starts.data  # noqa: S101 the field is required
        return self.starts.data, self.minutes.data


class HoursForm(Form):
    """Hours that a member volunteered, or was paid for."""

    regime = RadioField(
        "Ces heures sont",
        [InputRequired("Choisissez : offertes, ou payées.")],
        choices=[(regime.value, REGIME_LABELS[regime]) for regime in DECLARED],
    )
    day = DateField("Jour", [needed(DAY_MISSING)], default=today)
    starts = TimeField("Heure de début", [InputRequired(START_MISSING)])
    minutes = DurationField(
        "Durée",
        [InputRequired("Dites combien de temps.")],
        description=DURATION_HINT,
        render_kw=NO_FILL,
    )
    activity = StringField(
        "Pour quoi faire ?",
        [needed("Dites ce qui a été fait, en quelques mots."), Length(max=200)],
        description="Par exemple : accueil, jardin partagé, atelier cuisine.",
        render_kw=NO_FILL,
    )

    @classmethod
    def of(cls, args: MultiDict[str, str]) -> HoursForm:
        """The form as an address fills it: one comes back to it after saying when an exchange began."""
        return cls(formdata=args) if "day" in args else cls()

    def hours(self, key: uuid.UUID, account_no: int) -> Hours:
        """The hours that the form tells."""
        assert self.day.data  # noqa: S101 the field is required
        assert self.starts.data  # noqa: S101 the same
        return Hours(
            id=key,
            account_no=account_no,
            happened_on=self.day.data,
            starts_at=self.starts.data,
            minutes=self.minutes.data,
            regime=Regime(self.regime.data),
            activity=self.activity.data or "",
        )

    def typed(self) -> dict[str, str]:
        """What was written, for an address that leads back here."""
        return {name: self[name].raw_data[0] for name in TYPED if self[name].raw_data}


def read_return(args: MultiDict[str, str]) -> dict[str, Any]:
    """The address of hours that were being noted when the start of an exchange was missing."""
    return {name: args[name] for name in ("membre", "cle", *TYPED) if name in args}


def read_filter(args: MultiDict[str, str]) -> HoursFilter:
    """Which declared hours the address asks for; what cannot be read filters nothing."""
    regime = args.get("regime", "")
    since, until = read_days(args)
    return HoursFilter(
        q=args.get("q", "").strip(),
        regime=regime if regime in set(DECLARED) else "",
        since=since,
        until=until,
    )


def read_period(args: MultiDict[str, str], *, for_team: bool) -> Period:
    """The days that the address asks for; this year so far when it says none. Outside the team, whole months:
    two periods that differ by a day would tell what one person did that day."""
    since, until = read_days(args)
    until = until or today()
    since = min(since or until.replace(month=1, day=1), until)
    if for_team:
        return Period(since, until)
    last = monthrange(until.year, until.month)[1]
    return Period(since.replace(day=1), until.replace(day=last))
