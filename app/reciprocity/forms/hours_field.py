"""Hours, typed as people say them, kept in minutes."""

from __future__ import annotations

from typing import Any

from wtforms import StringField, ValidationError

from app.core.errors import DomainError
from app.core.text import duration
from app.reciprocity.models.reading import read_minutes

MOST = 10_000 * 60
"""Minutes: more than a life of exchanges."""


class HoursField(StringField):
    """« 20 » (hours), « 1 h 30 », « 45 min »; `data` is in minutes, None when left empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed. ValueError: it is no duration."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = read_minutes(valuelist[0], whole=60)
        except DomainError as refusal:
            raise ValueError(refusal.message) from refusal

    def pre_validate(self, form: Any) -> None:
        """No more than ten thousand hours."""
        if self.data is not None and self.data > MOST:
            raise ValidationError("C’est plus de dix mille heures. Vérifiez ce nombre.")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else duration(self.data) if self.data else "0"
