"""What every form shares: the base with its token, the version seen, checks by the trade's rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, ValidationError
from wtforms.validators import DataRequired

from app.core.errors import DomainError

Check = Callable[["Form", Field], None]
NO_FILL = {"autocomplete": "off"}
MOST_DIGITS = 9


class Form(FlaskForm):
    """A form with its token against forgery."""


class SheetForm(Form):
    """Changes a row that others may change too: it carries the version that the person saw."""

    version = HiddenField()

    def seen(self) -> int:
        """The version of the row on the page; -1, which no row has, when it is not a number."""
        typed = str(self.version.data)
        return int(typed) if typed.isdecimal() and len(typed) <= MOST_DIGITS else -1


def needed(message: str) -> DataRequired:
    """The answer cannot be left empty."""
    return DataRequired(message)


def read_by(reader: Callable[[str], Any]) -> Check:
    """Check a field by the function of the trade that reads it; its refusal is the message."""

    def check(form: Form, field: Field) -> None:
        try:
            if field.data:
                reader(field.data)
        except DomainError as refusal:
            raise ValidationError(refusal.message) from refusal

    return check
