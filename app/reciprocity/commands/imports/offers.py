"""Offers and requests of a file: those to publish, those that are here."""

from __future__ import annotations

import uuid
from datetime import datetime, time

from app.core.clock import PARIS, now, today
from app.core.db import db, new_id
from app.core.errors import DomainError
from app.core.permissions import Actor
from app.core.text import fold
from app.reciprocity.commands.imports.columns import Cells
from app.reciprocity.commands.imports.lines import OfferLine, read_offer
from app.reciprocity.commands.imports.people import imported_key
from app.reciprocity.commands.imports.trial import Trial
from app.reciprocity.commands.offers import LASTS, months_after
from app.reciprocity.models import ImportRun, Offer, OfferKind
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.imports import list_offer_keys


class OffersImport(Trial[Offer]):
    """The trial, then the taking over, of a file of offers and requests."""

    def __init__(self, run: ImportRun) -> None:
        super().__init__(run)
        self._here = list_offer_keys()
        self._categories = {
            fold(category.name): category.id
            for retired in (True, False)
            for category in list_categories(retired=retired)
        }
        chosen = run.options.get("category_id")
        self._category_id = uuid.UUID(chosen) if chosen else None

    def take(self, number: int, cells: Cells) -> None:
        line = read_offer(cells)
        author = self._people.find(line.author)
        if author.member_id is None:
            raise DomainError(
                f"« {author.name} » n’est pas un membre : une annonce est d’un membre."
            )
        designation = line.key or f"titre {line.kind} {author.number} {fold(line.title)}"
        first = self._seen.setdefault(designation, number)
        if first != number:
            raise DomainError(f"Cette annonce est déjà à la ligne {first}. Enlevez une des deux.")
        offer = self._write(line, author.member_id)
        offer.imported_key = imported_key(self._source, designation)
        if designation in self._here or offer.imported_key in self._here:
            self.known += 1
            return
        self._taken.append(offer)
        verb = "propose" if line.kind == OfferKind.OFFER else "cherche"
        self.samples.append((number, f"{author.name} {verb} : {line.title}."))

    def carry_out(self, actor: Actor, *, beyond_limits: bool) -> None:
        """Publish them, as old as they are."""
        db.session.add_all(self._taken)
        db.session.flush()

    def _write(self, line: OfferLine, member_id: uuid.UUID) -> Offer:
        category_id = self._categories.get(fold(line.category))
        text = line.text
        if category_id is None:
            category_id = self._default(line.category)
            text = (
                f"{text}\n\nThème d’origine : {line.category}.".strip() if line.category else text
            )
        return Offer(
            id=new_id(),
            member_id=member_id,
            kind=line.kind.value,
            category_id=category_id,
            title=line.title,
            text=text,
            search_key=fold(f"{line.title} {text}"),
            for_group=line.for_group,
            published_at=_start(line) or now(),
            expires_on=line.expires_on or months_after(today(), LASTS),
            closed_at=datetime.combine(line.closed_on, time(), PARIS) if line.closed_on else None,
        )

    def _default(self, name: str) -> uuid.UUID:
        if self._category_id is None:
            raise DomainError(
                f"« {name} » n’est pas un thème du réseau. Corrigez la case,"
                " ou choisissez où ranger ces annonces en envoyant de nouveau le fichier."
            )
        return self._category_id


def _start(line: OfferLine) -> datetime | None:
    return datetime.combine(line.published_on, time(), PARIS) if line.published_on else None
