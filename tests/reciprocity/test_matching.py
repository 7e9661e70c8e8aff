"""Words that are alike, and who is proposed for what, in which order and why."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import DomainError
from app.reciprocity.models.matching import (
    GIVERS,
    RECEIVERS,
    Candidate,
    Match,
    Notice,
    compare,
    rank,
    shared_interests,
)
from app.reciprocity.models.words import read_interests, stem, stems

HOME, HEALTH = uuid.UUID(int=1), uuid.UUID(int=2)
SEWING = Notice("Un ourlet à refaire", "de la couture", HOME)


def someone(
    name: str = "Yann", number: int = 5, interests: tuple[str, ...] = (), *notices: Notice
) -> Candidate:
    """A candidate, whose id is that of the account."""
    return Candidate(uuid.UUID(int=number), number, name, interests, notices)


def match(candidate: Candidate, points: int = 4) -> Match:
    """Someone who has something in common."""
    return Match(candidate, points, ("propose « Couture »",))


@pytest.mark.parametrize(
    "alike",
    [
        ("cuisiner", "la Cuisine", "cuisinière"),
        ("couture", "coutures", "couturière"),
        ("jardin", "jardinage", "jardiner", "jardinier"),
        ("bricolage", "bricoler"),
        ("réparer des vélos", "un vélo"),
        ("l’ordinateur", "ordinateurs"),
    ],
)
def test_words_of_one_family_meet(alike: tuple[str, ...]) -> None:
    common = frozenset.intersection(*map(stems, alike))
    assert common, [stems(words) for words in alike]


def test_what_is_in_every_notice_says_nothing() -> None:
    assert stems("Besoin d’aide pour les courses une heure") == {"cours"}
    assert not stems("Je cherche un petit service") & stems("Je propose un autre service")


@given(st.text(max_size=30))
def test_a_stem_begins_its_word(word: str) -> None:
    assert word.startswith(stem(word))
    assert len(stem(word)) >= min(4, len(word))


@given(st.lists(st.sampled_from(["Cuisiner", "cuisiner", " le  jardin ", "", "Vélo"])))
def test_interests_are_kept_once_in_order(typed: list[str]) -> None:
    read = read_interests(",".join(typed))
    assert len({words.casefold() for words in read}) == len(read) <= 3
    assert read_interests(", ".join(read)) == read


def test_too_many_interests_or_a_story() -> None:
    with pytest.raises(DomainError, match="20 centres"):
        read_interests(",".join(f"chose {n}" for n in range(21)))
    with pytest.raises(DomainError, match="trop long"):
        read_interests("x" * 61)


def test_a_notice_alike_tells_more_than_a_theme() -> None:
    alike = compare(SEWING, someone("A", 1, (), Notice("Coudre", "couture", HEALTH)), GIVERS)
    near = compare(SEWING, someone("B", 2, (), Notice("Plomberie", "", HOME)), GIVERS)
    liked = compare(SEWING, someone("C", 3, ("la couture",)), GIVERS)
    both = compare(SEWING, someone("D", 4, ("coutures",), Notice("Couture", "", HOME)), GIVERS)
    nothing = compare(SEWING, someone("E", 5, ("la pêche",), Notice("Vélo", "", HEALTH)), GIVERS)
    assert nothing is None
    assert alike
    assert near
    assert liked
    assert both
    assert [m.points for m in (both, alike, liked, near)] == [7, 4, 3, 2]
    assert near.said == ("propose « Plomberie », du même thème",)
    assert both.said == ("propose « Couture »", "aime « coutures »")


def test_who_received_more_gives_first_and_who_gave_much_is_invited_to_receive() -> None:
    people = [
        someone(name, n) for n, name in enumerate(("Zoé", "Awa", "Michel", "Lucette"), start=1)
    ]
    totals = {1: (0, 120), 2: (60, 0), 3: (900, 0)}
    ranked = rank(map(match, people), totals, GIVERS, 720)
    assert [p.name for p in ranked] == ["Zoé", "Awa", "Lucette", "Michel"]
    assert ranked[0].reason == (
        "Propose « Couture ». A plus reçu que donné : c’est une occasion de donner."
    )
    assert ranked[1].reason == "Propose « Couture »."
    assert ranked[3].reason == (
        "Propose « Couture ». A déjà donné 15\xa0h : proposez-lui plutôt de recevoir."
    )


def test_who_gave_more_receives_first() -> None:
    people = [someone("Awa", 1), someone("Zoé", 2), someone("Michel", 3)]
    totals = {1: (0, 600), 2: (60, 0)}
    ranked = rank(map(match, people), totals, RECEIVERS, 480)
    assert [p.name for p in ranked] == ["Zoé", "Michel", "Awa"]
    assert "occasion de recevoir" in ranked[0].reason
    assert "A déjà reçu 10\xa0h : proposez-lui plutôt de donner." in ranked[2].reason


def test_i_like_cooking_me_too() -> None:
    assert shared_interests(["cuisiner"], ["la cuisine", "la pêche"]) == ["la cuisine"]
    assert shared_interests([], ["la cuisine"]) == []
