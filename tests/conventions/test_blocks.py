"""The text of clauses: what is read back, what is refused, what has one address."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conventions.models.blocks import (
    ClauseTextRefused,
    canonical_sha256,
    check_line,
    parse,
    to_text,
    variables_in_sentences,
    variables_of,
)

WORDS = st.text(
    alphabet=st.characters(exclude_categories=("C", "Z"), exclude_characters="<>&{}-"),
    min_size=1,
    max_size=12,
).map(lambda word: "".join(parse(word)[0]["content"][0].values()))
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
SENTENCES = st.lists(
    st.one_of(
        st.lists(WORDS, min_size=1).map(lambda words: {"text": " ".join(words)}),
        NAMES.map(lambda name: {"variable": name}),
    ),
    min_size=1,
    max_size=5,
).filter(lambda parts: not any("text" in a and "text" in b for a, b in pairwise(parts)))
BLOCKS = st.lists(
    st.one_of(
        SENTENCES.map(lambda parts: {"kind": "paragraph", "content": parts}),
        st.lists(SENTENCES, min_size=1).map(lambda items: {"kind": "list", "items": items}),
    ),
    min_size=1,
    max_size=5,
)


@given(BLOCKS)
def test_what_is_stored_is_read_back_as_it_was(blocks: list[dict[str, object]]) -> None:
    assert parse(to_text(blocks)) == blocks


@given(st.text(alphabet=st.one_of(st.sampled_from("-- \n\n{}{}ab_&;<'\r\t\x00"), st.characters())))
def test_whatever_is_typed_is_refused_or_stable(text: str) -> None:
    try:
        blocks = parse(text)
    except ClauseTextRefused:
        return
    assert parse(to_text(blocks)) == blocks


def test_a_list_may_follow_its_introduction_at_once() -> None:
    assert parse("Les parties :\n- l’ASCS\n- {{ porteur }}\n\nFin,\nvraiment.") == [
        {"kind": "paragraph", "content": [{"text": "Les parties :"}]},
        {"kind": "list", "items": [[{"text": "l’ASCS"}], [{"variable": "porteur"}]]},
        {"kind": "paragraph", "content": [{"text": "Fin, vraiment."}]},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Écrivez le texte"),
        (" \n\x00\n - ", "Écrivez le texte"),
        ("Un <b>mot</b>", "Enlevez « <b> »"),
        ("Un <script", "Enlevez « <script »"),
        ("<!-- rien -->", "Enlevez « <!-- rien --> »"),
        ("Toi &amp; moi", "Enlevez « &amp; »"),
        ("Le {{ Nom }}", "Vérifiez les accolades"),
        ("Le {{ nom }", "Vérifiez les accolades"),
        ("Le {{\n\nnom }}", "Vérifiez les accolades"),
        ("a" * 20_001, "trop long"),
    ],
)
def test_a_clause_is_plain_text(text: str, said: str) -> None:
    with pytest.raises(ClauseTextRefused, match=said):
        parse(text)


@pytest.mark.parametrize("text", ["De 5 < 10 personnes", "R&D", "Elle & lui", "a > b"])
def test_ordinary_signs_are_not_markup(text: str) -> None:
    assert to_text(parse(text)) == text


def test_variables_are_found_wherever_they_stand() -> None:
    blocks = parse("Le {{ debut }}.\n\n{{ horaires }}\n\n- {{ lieu }}")
    assert variables_of(blocks) == {"debut", "horaires", "lieu"}
    assert variables_in_sentences(blocks) == {"debut", "lieu"}


def test_a_title_is_one_line_without_variables() -> None:
    assert check_line(" Un\n titre ", "le titre") == "Un titre"
    for wrong in ("", "<i>Titre</i>", "Le {{ nom }}"):
        with pytest.raises(ClauseTextRefused):
            check_line(wrong, "le titre")


def test_the_address_of_a_content_ignores_the_order_of_keys_and_the_spelling_of_letters() -> None:
    assert canonical_sha256({"a": 1, "b": "é"}) == canonical_sha256({"b": "é", "a": 1})
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert canonical_sha256(parse(composed)) == canonical_sha256(parse(decomposed))
    assert canonical_sha256(parse("a")) != canonical_sha256(parse("b"))
