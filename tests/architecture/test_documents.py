"""The pages of docs/ that repeat what the code says."""

from __future__ import annotations

import re

import pytest

from app.core.config import Settings
from app.core.db import Model
from tests.architecture import states
from tests.conftest import PROJECT

DOCS = PROJECT / "docs"


def first_cells(page: str) -> list[str]:
    """The code word that begins each row of a page's tables."""
    return re.findall(r"^\| `([^`]+)`", (DOCS / page).read_text(), flags=re.MULTILINE)


def test_the_states_of_a_convention_are_documented() -> None:
    assert states.PAGE.read_text() == states.render_page(), "python -m tests.architecture.states"


def test_every_table_says_what_it_keeps_of_persons_and_how_long() -> None:
    tables = {*Model.metadata.tables, "alembic_version"}
    assert sorted(first_cells("personal-data.md")) == sorted(tables)


def test_every_model_is_in_the_glossary() -> None:
    models = {mapper.class_.__name__ for mapper in Model.registry.mappers}
    assert models - set(first_cells("glossary.md")) == set()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_example(name: str) -> None:
    example = (PROJECT / ".env.example").read_text()
    assert re.search(rf"^{name.upper()}=", example, flags=re.MULTILINE)
