"""The kinds of field that the forms of the context share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import StringField, ValidationError

from app.tenants import queries
from app.tenants.models import Territory

CHOSEN = re.compile(r"(?P<kind>region|departement|epci|commune):(?P<code>\w+)")
DEGREES = re.compile(r"[-+]?\d{1,3}(?:[.,]\d+)?")


class TerritoryField(StringField):
    """A territory, by name, postcode or code. Several may answer: the form comes back and shows
    them, as buttons of the same name that carry `commune:21231`. No script needed."""

    territory: Territory | None = None
    candidates: Sequence[Territory] = ()

    def process_formdata(self, valuelist: list[str]) -> None:
        """A chosen territory wins over what is still written in the field."""
        chosen = next(filter(None, map(CHOSEN.fullmatch, valuelist)), None)
        if chosen:
            self.territory = queries.find_territory(chosen["kind"], chosen["code"])
        self.data = self.territory.typed if self.territory else (valuelist or [""])[0].strip()

    def process_data(self, value: Territory | None) -> None:
        """Show a territory as a person would write it."""
        self.territory, self.data = value, value.typed if value else ""

    def pre_validate(self, form: Any) -> None:
        """Find the one territory that is meant, or say what to do."""
        if self.territory or not self.data:
            return
        self.candidates = queries.find_territories(self.data)
        if not self.candidates:
            raise ValidationError("Nous ne trouvons pas ce territoire. Essayez un code postal.")
        if len(self.candidates) > 1:
            raise ValidationError("Plusieurs territoires répondent à ce nom. Choisissez le bon.")
        self.territory = self.candidates[0]


class CoordinatesField(StringField):
    """Latitude and longitude in degrees (WGS 84), written on one line as maps give them."""

    point: tuple[Decimal, Decimal] | None = None

    def process_data(self, value: tuple[Decimal, Decimal] | None) -> None:
        """Show a point as `47.31500, 5.01000`."""
        self.data = f"{value[0]}, {value[1]}" if value else ""

    def pre_validate(self, form: Any) -> None:
        """Read the two numbers; a French decimal comma is understood."""
        if not self.data:
            return
        numbers = [Decimal(n.replace(",", ".")) for n in DEGREES.findall(self.data)]
        if len(numbers) != 2 or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
            raise ValidationError("Écrivez deux nombres, par exemple 47.3156, 5.0147.")
        self.point = numbers[0], numbers[1]
