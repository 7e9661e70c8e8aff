"""The blanks of a standard agreement: what is asked, how it is checked, how it is printed.

A stored value is JSON: text and choice as they are, number as a decimal string, money in cents
(int), date as ISO, party as the party's role, table as a list of rows of strings.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from app.conventions.models.blocks import check_line, plain
from app.core.errors import DomainError
from app.core.text import NBSP, euros, long_date

MAX_CENTS = 10**12
MAX_TEXT = 5_000
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
NUMBER = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,6})?")
SPACES = re.compile(r"[\s\u00a0\u202f€]")


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

    def to_json(self) -> dict[str, Any]:
        """The variable as it is stored."""
        return {**asdict(self), "kind": self.kind.value}

    def checked(self) -> Self:
        """The variable cleaned, or a DomainError: its name, its label or its answers do not do."""
        check_name(self.name)
        wanted = "la question, comme on la pose"
        checked = replace(
            self,
            label=check_line(self.label, wanted),
            hint=" ".join(plain(self.hint).split()),
            choices=_check_lines(self.choices) if self.kind == VariableKind.CHOICE else [],
            columns=_check_lines(self.columns) if self.kind == VariableKind.TABLE else [],
        )
        if self.kind == VariableKind.CHOICE and len(checked.choices) < 2:
            raise ValueRefused("Écrivez au moins deux réponses, une par ligne.")
        if self.kind == VariableKind.TABLE and not checked.columns:
            raise ValueRefused("Écrivez le nom des colonnes du tableau, un par ligne.")
        return checked

    def parse(self, raw: str) -> Any:
        """The stored value of what a person typed (None when empty), or ValueRefused."""
        text = plain(raw)
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


def blanks_of(variables: Iterable[Variable]) -> dict[str, Variable]:
    """What each name of a text stands for, the built-in ones included."""
    known = [Variable(name, label, VariableKind.TEXT) for name, label in BUILT_IN.items()]
    return {variable.name: variable for variable in (*known, *variables)}


def check_name(name: str) -> None:
    """Refuse a variable's name that a clause could not use."""
    if not NAME.fullmatch(name):
        raise ValueRefused(
            f"« {name} » : un nom de variable est en minuscules, sans accent ni espace."
        )
    if name in BUILT_IN:
        raise ValueRefused(f"« {name} » existe déjà dans toutes les conventions.")


def _check_lines(lines: list[str]) -> list[str]:
    cleaned = [check_line(line, "un mot par ligne") for line in lines if line.strip()]
    if len(set(cleaned)) < len(cleaned):
        raise ValueRefused("Deux lignes disent la même chose. Gardez-en une.")
    if any(";" in line for line in cleaned):
        raise ValueRefused("N’écrivez pas de point-virgule : il sépare les cases d’un tableau.")
    return cleaned


def _decimal(text: str, example: str) -> Decimal:
    cleaned = SPACES.sub("", text).replace("−", "-")
    if not NUMBER.fullmatch(cleaned):
        raise ValueRefused(f"Écrivez un nombre, par exemple {example}.")
    return Decimal(cleaned.replace(",", "."))


def _parse_text(variable: Variable, text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueRefused(f"Ce texte est trop long : {MAX_TEXT} signes au plus.")
    return text


def _parse_number(variable: Variable, text: str) -> str:
    number = _decimal(text, "12").normalize()
    return f"{number:f}" if number else "0"


def _parse_money(variable: Variable, text: str) -> int:
    cents = _decimal(text, "16 500 ou 12,50") * 100
    if cents != int(cents):
        raise ValueRefused("Deux chiffres au plus après la virgule.")
    if not 0 <= cents <= MAX_CENTS:
        raise ValueRefused("Écrivez un montant positif et plausible.")
    return int(cents)


def _parse_date(variable: Variable, text: str) -> str:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).date().isoformat()  # noqa: DTZ007 a day, no hour
        except ValueError:
            continue
    raise ValueRefused("Écrivez une date, par exemple 31/01/2027.")


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
    return f"{Decimal(value):,f}".replace(",", NBSP).replace(".", ",").replace("-", "−")


_PARSERS: dict[VariableKind, Callable[[Variable, str], Any]] = {
    VariableKind.TEXT: _parse_text,
    VariableKind.NUMBER: _parse_number,
    VariableKind.MONEY: _parse_money,
    VariableKind.DATE: _parse_date,
    VariableKind.CHOICE: _parse_choice,
    VariableKind.PARTY: _parse_text,
    VariableKind.TABLE: _parse_table,
}
_PRINTERS: dict[VariableKind, Callable[[Any], str]] = {
    VariableKind.NUMBER: _print_number,
    VariableKind.MONEY: euros,
    VariableKind.DATE: lambda value: long_date(date.fromisoformat(value)),
}
