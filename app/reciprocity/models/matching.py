"""Who could help, and who could be helped: a score that is explained in a sentence. Pure.

« Savoir recevoir, c’est aussi savoir donner » : between people who could give alike, those who received more
than they gave come first; between people who could receive, those who gave more.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.text import duration, fold, join_names
from app.reciprocity.models.words import stems

SAME_WORDS = 4
SAME_INTEREST = 3
SAME_THEME = 2
TURN = 2
"""Points: for a notice with a word in common, an interest, a notice of the same theme, and for whose turn it
is to give, or to receive."""


@dataclass(frozen=True)
class Side:
    """Which side of an exchange one looks for. `way`: 1 for who gives, -1 for who receives. `verb`: what they
    do in their notices. `turn`, `enough`: why they come first, or last; {} is what they did already."""

    way: int
    verb: str
    turn: str
    enough: str


GIVERS = Side(
    1,
    "propose",
    "A plus reçu que donné : c’est une occasion de donner.",
    "A déjà donné {} : proposez-lui plutôt de recevoir.",
)
RECEIVERS = Side(
    -1,
    "cherche",
    "A plus donné que reçu : c’est une occasion de recevoir.",
    "A déjà reçu {} : proposez-lui plutôt de donner.",
)


@dataclass(frozen=True)
class Notice:
    """An offer or a request, as it is compared."""

    title: str
    text: str
    category_id: uuid.UUID


@dataclass(frozen=True)
class Candidate:
    """Someone who might give or receive. `notices`: what they offer when a request is compared, what they
    ask for when it is an offer."""

    member_id: uuid.UUID
    account_no: int
    name: str
    interests: Sequence[str]
    notices: Sequence[Notice] = ()


@dataclass(frozen=True)
class Proposal:
    """Why someone is proposed: `score` orders, `reason` explains."""

    member_id: uuid.UUID
    name: str
    score: int
    reason: str


@dataclass(frozen=True)
class Match:
    """What someone has in common with a notice."""

    candidate: Candidate
    points: int
    said: tuple[str, ...]


def compare(notice: Notice, candidate: Candidate, side: Side) -> Match | None:
    """What someone on that side has in common with a notice; None when nothing."""
    words = stems(f"{notice.title} {notice.text}")
    alike = [n for n in candidate.notices if words & stems(f"{n.title} {n.text}")]
    near = [n for n in candidate.notices if n.category_id == notice.category_id and n not in alike]
    liked = [interest for interest in candidate.interests if words & stems(interest)]
    points = SAME_WORDS * bool(alike) + SAME_THEME * bool(near) + SAME_INTEREST * bool(liked)
    if not points:
        return None
    said = []
    if shown := (alike or near)[:2]:
        titles = join_names([f"« {n.title} »" for n in shown])
        said.append(f"{side.verb} {titles}{'' if alike else ', du même thème'}")
    if liked:
        said.append(f"aime {join_names([f'« {interest} »' for interest in liked[:2]])}")
    return Match(candidate, points, tuple(said))


def rank(
    matches: Iterable[Match], totals: Mapping[int, tuple[int, int]], side: Side, far: int
) -> list[Proposal]:
    """The people of one side, best first. `totals`: account number → minutes given, received. Whoever is
    already `far` minutes ahead comes after the others."""
    proposals = [
        _propose(m, *totals.get(m.candidate.account_no, (0, 0)), side, far) for m in matches
    ]
    return sorted(proposals, key=lambda proposal: (-proposal.score, fold(proposal.name)))


def _propose(match: Match, given: int, received: int, side: Side, far: int) -> Proposal:
    ahead = side.way * (given - received)
    score, why = match.points, ""
    if ahead < 0:
        score, why = score + TURN, f" {side.turn}"
    elif ahead > far:
        done = given if side is GIVERS else received
        score, why = score - TURN, f" {side.enough.format(duration(done))}"
    who = match.candidate
    told = " et ".join(match.said)
    reason = f"{told[0].upper()}{told[1:]}.{why}"
    return Proposal(who.member_id, who.name, score, reason)


def shared_interests(mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Which interests of theirs one also has, in their words: « j’aime cuisiner », « moi aussi ! »."""
    words = frozenset().union(*map(stems, mine)) if mine else frozenset()
    return [interest for interest in theirs if words & stems(interest)]
