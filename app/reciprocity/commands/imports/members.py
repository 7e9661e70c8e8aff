"""Members and groups of a file: those to welcome, those who are here."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from app.core.clock import today
from app.core.db import db, new_id, require_tenant_id
from app.core.errors import DomainError
from app.core.permissions import Actor
from app.core.text import duration, fold, plural
from app.reciprocity.commands.accounts import (
    give_welcome,
    open_account,
    open_ledger,
    open_member_accounts,
)
from app.reciprocity.commands.imports.columns import Cells
from app.reciprocity.commands.imports.lines import MemberLine, read_each, read_member
from app.reciprocity.commands.imports.people import imported_key
from app.reciprocity.commands.imports.trial import Trial
from app.reciprocity.models import AccountKind, ImportRun, Member
from app.reciprocity.queries.accounts import find_terms
from app.reciprocity.queries.imports import slices
from app.tenants.queries import list_run_bulles

TOGETHER = 500
"""Members written by one statement."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Someone to welcome: what the file says, the Bulle they join, the key that finds them again."""

    line: MemberLine
    bulle_id: uuid.UUID | None
    key: str

    @property
    def is_welcome(self) -> bool:
        """Whether hours of welcome are for them: a person, who has not left since."""
        return not self.line.is_group and self.line.left_on is None


class MembersImport(Trial[Arrival]):
    """The trial, then the taking over, of a file of members."""

    def __init__(self, run: ImportRun) -> None:
        super().__init__(run)
        self._bulles = {fold(b.name): b.id for b in list_run_bulles(require_tenant_id())}
        chosen = run.options.get("bulle_id")
        self._bulle_id = uuid.UUID(chosen) if chosen else None
        self._welcomes = run.options.get("welcome", False)

    def take(self, number: int, cells: Cells) -> None:
        line, bulle_id = read_each(
            line=lambda: read_member(cells),
            bulle_id=lambda: self._find_bulle(cells.get("bulle", "")),
        ).values()
        designation = line.key or f"nom {fold(line.name)}"
        first = self._seen.setdefault(designation, number)
        if first != number:
            raise DomainError(_say_double(line, first))
        if self._is_here(line):
            self.known += 1
            return
        self._taken.append(Arrival(line, bulle_id, imported_key(self._source, designation)))
        what = "nouveau groupe" if line.is_group else "nouveau membre"
        self.samples.append((number, f"{line.name} : {what}."))

    def finish(self) -> None:
        """Every row was read; each was judged by itself. Count the hours of welcome that they could have."""
        bulles = Counter(one.bulle_id for one in self._taken if one.is_welcome)
        minutes = sum(find_terms(bulle_id).welcome * n for bulle_id, n in bulles.items())
        if minutes:
            people = plural(bulles.total(), "personne nouvelle", "personnes nouvelles")
            self.notes = [f"Bienvenue : {duration(minutes)} en tout, pour {people}."]

    def carry_out(self, actor: Actor, *, beyond_limits: bool) -> None:
        """Welcome them, with hours if that was asked: a past comes with hours of its own."""
        open_ledger(actor)
        groups = [arrival for arrival in self._taken if arrival.line.is_group]
        for group in groups:
            open_account(actor, AccountKind.GROUP, bulle_id=group.bulle_id, label=group.line.name)
        people = [arrival for arrival in self._taken if not arrival.line.is_group]
        people.sort(key=lambda arrival: str(arrival.bulle_id))
        for bulle_id, neighbours in groupby(people, key=lambda arrival: arrival.bulle_id):
            for some in slices(list(neighbours), TOGETHER):
                numbers = open_member_accounts(actor, bulle_id, len(some))
                db.session.add_all(map(_member, some, numbers))
                db.session.flush()
                if self._welcomes:
                    arrived = zip(some, numbers, strict=True)
                    give_welcome(actor, bulle_id, [n for one, n in arrived if one.is_welcome])

    def _is_here(self, line: MemberLine) -> bool:
        named = self._people.find_names(line.name)
        if line.is_group:
            return any(account.kind in ("group", "bulle") for account in named)
        if line.key:
            return self._people.find_key(line.key) is not None
        return any(account.kind == "member" for account in named)

    def _find_bulle(self, name: str) -> uuid.UUID | None:
        if not name:
            return self._bulle_id
        if fold(name) not in self._bulles:
            raise DomainError(
                f"« {name} » n’est pas une Bulle de votre structure. Corrigez ou videz la case."
            )
        return self._bulles[fold(name)]


def _member(arrival: Arrival, account_no: int) -> Member:
    line = arrival.line
    member = Member(
        id=new_id(),
        account_no=account_no,
        bulle_id=arrival.bulle_id,
        joined_on=line.joined_on or today(),
        left_on=line.left_on,
        shows_contact=line.shows_contact,
        imported_key=arrival.key,
    )
    member.call(line.name, list(line.interests))
    member.reach(line.email, line.phone)
    return member


def _say_double(line: MemberLine, first: int) -> str:
    if line.key:
        return f"La clé « {line.key} » est déjà celle de la ligne {first}."
    return (
        f"« {line.name} » est déjà à la ligne {first}. Pour deux personnes, ajoutez une colonne Clé ;"
        " pour une seule, enlevez une ligne."
    )
