"""The blanks of a standard agreement: what is asked, how it is checked, how it is printed.

A stored value is JSON: text and choice as they are, number as a decimal string, money in cents (int),
date as ISO, party as the party's role, table as a list of rows of strings.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from app.core.errors import DomainError
from app.core.text import NBSP, euros, long_date

MAX_CENTS = 10**12
NAME = re.compile(r"^[a-z][a-z0-9_]{0,40}$")


class VariableKind(enum.StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    PARTY = "party"
    TABLE = "table"


VARIABLE_LABELS = {
    VariableKind.TEXT: "Texte",
    VariableKind.NUMBER: "Nombre",
    VariableKind.MONEY: "Montant en euros",
    VariableKind.DATE: "Date",
    VariableKind.CHOICE: "Choix dans une liste",
    VariableKind.PARTY: "Une des parties",
    VariableKind.TABLE: "Tableau",
}

BUILT_IN = {
    "numero": "le numéro de la convention",
    "titre": "son titre",
    "debut": "le premier jour",
    "fin": "le dernier jour",
    "bulle": "le nom de la Bulle",
    "adresse_bulle": "l’adresse de la Bulle",
    "parties": "le nom des parties",
}
"""What every convention knows without asking."""


class ValueRefused(DomainError):
    """A value does not fit its variable."""


@dataclass(frozen=True)
class Variable:
    """One blank: `choices` for a choice, `columns` for a table."""

    name: str
    label: str
    kind: VariableKind
    required: bool = True
    hint: str = ""
    choices: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """A variable as it is stored in a type's version."""
        return cls(**{**data, "kind": VariableKind(data["kind"])})

    def parse(self, raw: str) -> Any:
        """The stored value of what a person typed (None when empty), or ValueRefused."""
        text = raw.strip()
        return _PARSERS[self.kind](self, text) if text else None

    def show(self, value: Any) -> str:
        """A stored value as the document prints it."""
        return str(_PRINTERS.get(self.kind, str)(value))

    def edit(self, value: Any) -> str:
        """A stored value as a form field shows it."""
        if value is None:
            return ""
        if self.kind == VariableKind.MONEY:
            return f"{Decimal(value) / 100:.2f}".replace(".", ",").removesuffix(",00")
        if self.kind == VariableKind.TABLE:
            return "\n".join(" ; ".join(row) for row in value)
        return str(value).replace(".", ",") if self.kind == VariableKind.NUMBER else str(value)


def check_name(name: str) -> None:
    """Refuse a variable's name that a clause could not use."""
    if not NAME.match(name):
        raise ValueRefused(
            f"« {name} » : un nom de variable est en minuscules, sans accent ni espace."
        )
    if name in BUILT_IN:
        raise ValueRefused(f"« {name} » existe déjà dans toutes les conventions.")


def _decimal(text: str, example: str) -> Decimal:
    cleaned = re.sub(r"[\s\u00a0\u202f€]", "", text).replace(",", ".")
    try:
        number = Decimal(cleaned)
    except InvalidOperation:
        raise ValueRefused(f"Écrivez un nombre, par exemple {example}.") from None
    if not number.is_finite():
        raise ValueRefused(f"Écrivez un nombre, par exemple {example}.")
    return number


def _parse_number(variable: Variable, text: str) -> str:
    return f"{_decimal(text, '12').normalize():f}"


def _parse_money(variable: Variable, text: str) -> int:
    cents = _decimal(text, "16 500 ou 12,50") * 100
    if cents != int(cents):
        raise ValueRefused("Deux chiffres au plus après la virgule.")
    if not 0 <= cents <= MAX_CENTS:
        raise ValueRefused("Écrivez un montant positif et plausible.")
    return int(cents)


def _parse_date(variable: Variable, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueRefused("Écrivez une date, par exemple 2027-01-31.") from None


def _parse_choice(variable: Variable, text: str) -> str:
    if text not in variable.choices:
        raise ValueRefused("Choisissez une des réponses de la liste.")
    return text


def _parse_table(variable: Variable, text: str) -> list[list[str]]:
    rows = [
        [cell.strip() for cell in line.split(";")] for line in text.splitlines() if line.strip()
    ]
    for rank, row in enumerate(rows, start=1):
        if len(row) != len(variable.columns):
            raise ValueRefused(
                f"Ligne {rank} : il faut {len(variable.columns)} cases séparées par « ; »."
            )
    return rows


def _print_number(value: str) -> str:
    whole, _, rest = value.partition(".")
    grouped = f"{int(whole):,}".replace(",", NBSP)
    return f"{grouped},{rest}" if rest else grouped


_PARSERS = {
    VariableKind.TEXT: lambda variable, text: text,
    VariableKind.NUMBER: _parse_number,
    VariableKind.MONEY: _parse_money,
    VariableKind.DATE: _parse_date,
    VariableKind.CHOICE: _parse_choice,
    VariableKind.PARTY: lambda variable, text: text,
    VariableKind.TABLE: _parse_table,
}
_PRINTERS = {
    VariableKind.NUMBER: _print_number,
    VariableKind.MONEY: euros,
    VariableKind.DATE: lambda value: long_date(date.fromisoformat(value)),
}
