"""What changed between two texts, and between two versions of a standard agreement."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.conventions.models.blocks import canonical_sha256, parse
from app.conventions.models.differences import Change, compare_texts, compare_versions

TEXTS = st.text(alphabet="ab -\n.", max_size=80)


def words(text: str) -> list[str]:
    return text.split()


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back(old: str, new: str) -> None:
    changes = [
        change for line in compare_texts(old, new) for change in [*line, Change("same", " ")]
    ]
    read = {
        kind: "".join(c.text for c in changes if c.kind in {"same", kind})
        for kind in ("removed", "added")
    }
    assert [words(read["removed"]), words(read["added"])] == [words(old), words(new)]


def test_only_the_words_that_change_are_marked() -> None:
    assert compare_texts("Le CCAS loue un lieu.", "Le CCAS prête un lieu.") == [
        [
            Change("same", "Le CCAS "),
            Change("removed", "loue "),
            Change("added", "prête "),
            Change("same", "un lieu."),
        ]
    ]


def clause(id_: str, text: str, heading: str = "Objet") -> dict[str, Any]:
    blocks = parse(text)
    sha256 = canonical_sha256({"heading": heading, "blocks": blocks})
    return {"clause_id": id_, "heading": heading, "blocks": blocks, "sha256": sha256}


def payload(*clauses: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"clauses": list(clauses), "variables": [], "party_roles": [], **rest}


def test_nothing_changes_between_equal_versions() -> None:
    version = payload(clause("a", "Un."), clause("b", "Deux."))
    assert not compare_versions(version, version)


def test_clauses_come_go_change_and_move() -> None:
    old = payload(clause("a", "Un."), clause("b", "Deux."), clause("c", "Trois."))
    new = payload(clause("c", "Trois."), clause("a", "Un seul."), clause("d", "Quatre."))
    compared = compare_versions(old, new)
    assert compared
    assert compared.is_reordered
    assert [(c.kind, "".join(x.text for x in c.lines[0])) for c in compared.clauses] == [
        ("same", "Un.Un seul."),
        ("removed", "Deux."),
        ("added", "Quatre."),
    ]


def test_blanks_are_shown_by_their_questions() -> None:
    asked = [{"name": "heures", "label": "Combien d’heures ?"}]
    new = payload(clause("a", "Donner {{ heures }} à {{ bulle }}."), variables=asked)
    [change] = compare_versions(payload(), new).clauses
    assert change.lines == [
        [Change("added", "Donner [Combien d’heures ?] à [le nom de la Bulle].")]
    ]


def test_a_new_heading_is_shown_above_the_text() -> None:
    [change] = compare_versions(
        payload(clause("a", "Un.")), payload(clause("a", "Un.", "But"))
    ).clauses
    assert change.lines == [
        [Change("removed", "Objet"), Change("added", "But")],
        [Change("same", "Un.")],
    ]


def test_questions_and_parties_that_change_are_named() -> None:
    asked = {"name": "heures", "label": "Combien d’heures ?"}
    compared = compare_versions(payload(), payload(variables=[asked], party_roles=[{"role": "a"}]))
    assert (compared.asked, compared.dropped) == (["Combien d’heures ?"], [])
    assert compared.roles_changed
