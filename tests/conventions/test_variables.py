"""The blanks: what is typed becomes a value, is printed, and comes back the same in a field."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conventions.models.variables import ValueRefused, Variable, VariableKind
from app.core.errors import DomainError

KIND = VariableKind


def blank(kind: VariableKind, **rest: Any) -> Variable:
    return Variable("reponse", "La réponse", kind, **rest)


@pytest.mark.parametrize(
    ("kind", "typed", "value", "shown"),
    [
        (KIND.TEXT, "  un\r\nmot\x00 ", "un\nmot", "un\nmot"),
        (KIND.NUMBER, "12 000,50", "12000.5", "12\u00a0000,5"),
        (KIND.NUMBER, "-0,5", "-0.5", "−0,5"),
        (KIND.NUMBER, "-0", "0", "0"),
        (KIND.MONEY, "16 500 €", 1_650_000, "16\u00a0500\u00a0€"),
        (KIND.MONEY, "12,50", 1250, "12,50\u00a0€"),
        (KIND.DATE, "31/01/2027", "2027-01-31", "31\u00a0janvier\u00a02027"),
        (KIND.DATE, "2027-01-31", "2027-01-31", "31\u00a0janvier\u00a02027"),
    ],
)
def test_what_is_typed_becomes_a_value(
    kind: VariableKind, typed: str, value: Any, shown: str
) -> None:
    variable = blank(kind)
    assert variable.parse(typed) == value
    assert variable.show(value) == shown
    assert variable.parse(variable.edit(value)) == value


@pytest.mark.parametrize("kind", KIND)
def test_nothing_typed_is_no_value(kind: VariableKind) -> None:
    assert blank(kind).parse(" \n ") is None
    assert blank(kind).edit(None) == ""


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (KIND.NUMBER, "douze"),
        (KIND.NUMBER, "1e999999999"),
        (KIND.NUMBER, "NaN"),
        (KIND.NUMBER, "1_000"),
        (KIND.MONEY, "12,505"),
        (KIND.MONEY, "-3"),
        (KIND.MONEY, "9" * 15),
        (KIND.DATE, "30/02/2027"),
        (KIND.DATE, "demain"),
        (KIND.CHOICE, "peut-être"),
        (KIND.TABLE, "lundi ; 9 h ; salle 2"),
        (KIND.TEXT, "a" * 5_001),
    ],
)
def test_what_does_not_fit_is_refused(kind: VariableKind, typed: str) -> None:
    variable = blank(kind, choices=["oui", "non"], columns=["Jour", "Heure"])
    with pytest.raises(ValueRefused):
        variable.parse(typed)


@given(st.integers(0, 10**12))
def test_an_amount_comes_back_the_same(cents: int) -> None:
    money = blank(KIND.MONEY)
    assert money.parse(money.edit(cents)) == cents == money.parse(money.show(cents))


@given(st.decimals(-(10**12), 10**12, places=4))
def test_a_number_comes_back_the_same(number: Any) -> None:
    variable = blank(KIND.NUMBER)
    value = variable.parse(str(number))
    assert variable.parse(variable.edit(value)) == value == variable.parse(variable.show(value))


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_a_day_comes_back_the_same(day: date) -> None:
    assert blank(KIND.DATE).parse(day.strftime("%d/%m/%Y")) == day.isoformat()


def test_a_table_is_rows_of_cells() -> None:
    table = blank(KIND.TABLE, columns=["Jour", "Heure"])
    rows = [["lundi", "9 h"], ["mardi", "14 h"]]
    assert table.parse("lundi ; 9 h\n\nmardi;14 h") == rows
    assert table.parse(table.edit(rows)) == rows


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        (Variable("Nom", "Nom", KIND.TEXT), "en minuscules"),
        (Variable("nom\n", "Nom", KIND.TEXT), "en minuscules"),
        (Variable("numero", "Numéro", KIND.TEXT), "existe déjà"),
        (Variable("nom", " ", KIND.TEXT), "Écrivez la question"),
        (Variable("nom", "<b>Nom</b>", KIND.TEXT), "texte simple"),
        (Variable("avis", "Avis", KIND.CHOICE, choices=["oui"]), "au moins deux"),
        (Variable("avis", "Avis", KIND.CHOICE, choices=["oui", "oui"]), "même chose"),
        (Variable("plan", "Plan", KIND.TABLE), "colonnes"),
        (Variable("plan", "Plan", KIND.TABLE, columns=["a;b"]), "point-virgule"),
    ],
)
def test_a_variable_is_checked(variable: Variable, said: str) -> None:
    with pytest.raises(DomainError, match=said):
        variable.checked()


def test_a_variable_is_cleaned_and_stored_as_json() -> None:
    variable = Variable("avis", " Votre avis ", KIND.CHOICE, choices=["oui ", "", "non"])
    checked = variable.checked()
    assert (checked.label, checked.choices) == ("Votre avis", ["oui", "non"])
    assert Variable.from_json(checked.to_json()) == checked
