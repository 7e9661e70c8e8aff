"""What changed between two texts, word by word, and between two standard agreements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from app.conventions.models.blocks import VARIABLE, to_text
from app.conventions.models.variables import BUILT_IN

Kind = Literal["same", "added", "removed"]
WORDS = re.compile(r"\n+|[^\s]+[^\S\n]*")


@dataclass(frozen=True)
class Change:
    """A run of words that stays, comes or goes."""

    kind: Kind
    text: str


Line = list[Change]


@dataclass(frozen=True)
class ClauseChange:
    """What happens to one clause: `same` means that it stays and that its text changes."""

    heading: str
    kind: Kind
    lines: list[Line]


@dataclass(frozen=True)
class Comparison:
    """What a version of a standard agreement changes to the one before."""

    clauses: list[ClauseChange]
    is_reordered: bool
    asked: list[str]
    dropped: list[str]
    roles_changed: bool

    def __bool__(self) -> bool:
        return bool(self.clauses or self.asked or self.dropped) or (
            self.is_reordered or self.roles_changed
        )


def compare_texts(old: str, new: str) -> list[Line]:
    """The lines of both texts together, in runs of words."""
    lines: list[Line] = [[]]
    for change in _changes(WORDS.findall(old), WORDS.findall(new)):
        for rank, part in enumerate(re.split(r"\n+", change.text)):
            if rank:
                lines.append([])
            if part:
                lines[-1].append(Change(change.kind, part))
    return [line for line in lines if line]


def compare_versions(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    """What the payload `new` of a catalogue's entry changes to `old`."""
    before, after = (_by_id(payload["clauses"]) for payload in (old, new))
    kept = [id_ for id_ in before if id_ in after]
    return Comparison(
        clauses=_clause_changes(before, after, _questions(old) | _questions(new)),
        is_reordered=kept != [id_ for id_ in after if id_ in before],
        asked=_labels(new, but=old),
        dropped=_labels(old, but=new),
        roles_changed=old["party_roles"] != new["party_roles"],
    )


def _clause_changes(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], asked: dict[str, str]
) -> list[ClauseChange]:
    changes = []
    for id_, clause in {**before, **after}.items():
        old, new = before.get(id_), after.get(id_)
        if old is None or new is None or old["sha256"] != new["sha256"]:
            kind: Kind = "same" if old and new else "added" if new else "removed"
            lines = compare_texts(_text(old, asked, but=new), _text(new, asked, but=old))
            changes.append(ClauseChange(clause["heading"], kind, lines))
    return changes


def _by_id(clauses: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {clause["clause_id"]: clause for clause in clauses}


def _questions(payload: dict[str, Any]) -> dict[str, str]:
    return BUILT_IN | {variable["name"]: variable["label"] for variable in payload["variables"]}


def _text(
    clause: dict[str, Any] | None, asked: dict[str, str], *, but: dict[str, Any] | None
) -> str:
    """The text of a clause with its questions in brackets, under its heading if this changes too."""
    if clause is None:
        return ""
    text = VARIABLE.sub(lambda m: f"[{asked.get(m[1], m[1])}]", to_text(clause["blocks"]))
    renamed = but is not None and but["heading"] != clause["heading"]
    return f"{clause['heading']}\n\n{text}" if renamed else text


def _labels(payload: dict[str, Any], *, but: dict[str, Any]) -> list[str]:
    return [v["label"] for v in payload["variables"] if v not in but["variables"]]


def _changes(old: list[str], new: list[str]) -> list[Change]:
    # No automatic junk: in a long clause it would drop « de » and « la », and tear sentences apart.
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    changes = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            changes.append(Change("same", "".join(old[i:j])))
        else:
            removed, added = (
                Change("removed", "".join(old[i:j])),
                Change("added", "".join(new[k:m])),
            )
            changes += [change for change in (removed, added) if change.text]
    return changes
