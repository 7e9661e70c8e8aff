"""Who a file means: its keys and its names against those of the register."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from app.core.errors import DomainError
from app.core.text import fold
from app.reciprocity.commands.imports.lines import Party
from app.reciprocity.queries.imports import Known

WITH_NUMBER = re.compile(r"(.+) \((\d+)\)")
"""How TimeOverflow names a member: « Bernadette (12) »."""
ORGANISATION = ("organisation", "fonds", "miroir", "0")
"""What our files, and TimeOverflow's, call accounts that are nobody's."""
ANONYMOUS = "compte-"
"""How our files call a group or a Bulle: they are found by their name."""


def imported_key(source: str, key: str) -> str:
    """How a member, or an offer, remembers what a file of this source calls it."""
    return f"{source}:{key}"


class People:
    """The accounts that a file may name."""

    def __init__(self, source: str, known: Iterable[Known]) -> None:
        self._source = source
        self._by_key: dict[str, Known] = {}
        self._by_name: dict[str, list[Known]] = {}
        self._organisation: Known | None = None
        self._found: dict[Party, Known] = {}
        for account in known:
            self.add(account)

    def add(self, account: Known) -> None:
        """One more account."""
        if account.kind == "tenant":
            self._organisation = account
        if account.kind in ("fund", "mirror"):
            return
        for key in (account.imported_key, account.member_id and str(account.member_id)):
            if key:
                self._by_key[key] = account
        self._by_name.setdefault(fold(account.name), []).append(account)

    def find_key(self, key: str) -> Known | None:
        """Whom a key designates, or None."""
        return self._by_key.get(imported_key(self._source, key)) or self._by_key.get(key)

    def find_names(self, name: str) -> list[Known]:
        """Everyone of this name, whatever its case and accents."""
        return self._by_name.get(fold(name), [])

    def find(self, party: Party) -> Known:
        """Whom a row means. DomainError: nobody, or several people."""
        if party not in self._found:
            self._found[party] = self._look_for(party)
        return self._found[party]

    def _look_for(self, party: Party) -> Known:
        if fold(party.key) in ORGANISATION or fold(party.name) == "organisation":
            return self._own()
        if party.key and not party.key.startswith(ANONYMOUS):
            return self._one(party, [self.find_key(party.key)])
        if named := self.find_names(party.name):
            return self._one(party, named)
        numbered = WITH_NUMBER.fullmatch(party.name)
        return self._one(party, [self.find_key(numbered[2]) if numbered else None])

    def _own(self) -> Known:
        if self._organisation is None:
            raise DomainError("Reprenez d’abord les membres : le registre n’est pas encore ouvert.")
        return self._organisation

    @staticmethod
    def _one(party: Party, found: Sequence[Known | None]) -> Known:
        if len(found) > 1:
            raise DomainError(f"Plusieurs personnes s’appellent « {party} ». Ajoutez leur clé.")
        if found[0] is None:
            raise DomainError(
                f"Nous ne trouvons pas « {party} ». Reprenez d’abord cette personne avec les membres,"
                " ou écrivez « Organisation » si c’est votre structure."
            )
        return found[0]
