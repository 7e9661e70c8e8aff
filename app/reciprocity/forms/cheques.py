"""The forms of the cheques: handing out a booklet, keying in a pile."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import wtforms
from wtforms import FieldList, FormField, HiddenField, StringField, ValidationError

from app.core.db import new_id
from app.core.errors import DomainError
from app.core.forms import NO_FILL, Form, needed
from app.reciprocity.commands.cheques import Outcome, Slip, find_person
from app.reciprocity.models.cheque_numbers import read_number
from app.reciprocity.models.reading import read_day, read_minutes
from app.reciprocity.queries.cheques import find_holder

ROWS = 12
PEOPLE = {"list": "personnes", **NO_FILL}


class BookletForm(Form):
    """To whom the booklet is handed."""

    booklet_id = HiddenField(default=new_id)
    member = StringField(
        "À qui remettez-vous ce carnet ?",
        [needed("Écrivez le nom d’un membre.")],
        description="Cette personne paiera avec ces chèques l’aide qu’elle reçoit.",
        render_kw=PEOPLE,
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.account_no = 0

    def validate_booklet_id(self, field: HiddenField) -> None:
        try:
            field.data = uuid.UUID(str(field.data))
        except ValueError:
            field.data = new_id()

    def validate_member(self, field: StringField) -> None:
        found = find_person(field.data)
        if isinstance(found, str):
            raise ValidationError(found)
        self.account_no = found.account_no


class ChequeRow(wtforms.Form):
    """One cheque of the pile; a row left empty says nothing."""

    number = StringField(
        "Numéro", render_kw={"inputmode": "text", "spellcheck": "false", **NO_FILL}
    )
    giver = StringField("Qui a donné ?", render_kw=PEOPLE)
    minutes = StringField("Durée", render_kw=NO_FILL)
    day = StringField("Jour", render_kw=NO_FILL)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not any((field.data or "").strip() for field in self)

    def read(self) -> Slip | None:
        """The cheque as it was typed; None, and the reasons beside the fields, when it cannot be read."""
        read = {
            "number": self._read(self.number, read_number, "Recopiez le numéro."),
            "giver": self._read(self.giver, str.strip, "Écrivez un nom."),
            "minutes": self._read(self.minutes, read_minutes, "Écrivez une durée."),
            "happened_on": self._read(self.day, _read_day, "Écrivez un jour."),
        }
        return None if any(value is None for value in read.values()) else Slip(**read)

    def holder(self) -> str | None:
        """The name of whom the booklet was handed to, when the number can be read."""
        try:
            return find_holder(read_number(self.number.data or "").booklet)
        except DomainError:
            return None

    @staticmethod
    def _read(field: StringField, reader: Any, missing: str) -> Any:
        typed = (field.data or "").strip()
        field.errors = []
        try:
            if typed:
                return reader(typed)
            field.errors = [missing]
        except DomainError as refusal:
            field.errors = [refusal.message]
        return None


@dataclass(frozen=True)
class Noted:
    """A cheque that went through: the number as it was typed, and what became of it."""

    number: str
    outcome: Outcome


class PileForm(Form):
    """A pile of cheques, twelve at a time."""

    rows = FieldList(FormField(ChequeRow), min_entries=ROWS, max_entries=ROWS)

    @classmethod
    def starting_with(cls, number: str) -> PileForm:
        """The form with one number filled in."""
        return cls(formdata=None, rows=[{"number": number}])

    @classmethod
    def of_rows(cls, rows: Iterable[ChequeRow]) -> PileForm:
        """A form with what was typed in these rows and why they came back."""
        kept = list(rows)
        form = cls(formdata=None, rows=[row.data for row in kept])
        for row, entry in zip(kept, form.rows, strict=False):
            for field, shown in zip(row, entry.form, strict=True):
                shown.errors = list(field.errors)
        return form

    def filled(self) -> list[ChequeRow]:
        """The rows where something was typed."""
        return [entry.form for entry in self.rows if not entry.form.is_empty]


def blame(row: ChequeRow, outcome: Outcome) -> None:
    """Write beside the right field why a cheque was not noted."""
    field = row[outcome.about or "number"]
    field.errors = [f"{outcome.label}. {outcome.sentence}"]


def _read_day(typed: str) -> Any:
    return read_day(typed, guess_year=True)
