"""The forms of offers and requests."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from app.core.clock import today
from app.core.db import new_id
from app.core.forms import NO_FILL, Form, SheetForm, needed
from app.reciprocity.commands.offers import LASTS, OfferSheet, months_after
from app.reciprocity.forms.keys import read_or_make_key
from app.reciprocity.models import Category, Offer, OfferKind

KINDS = [
    (OfferKind.OFFER.value, "Une offre : ce que la personne propose"),
    (OfferKind.REQUEST.value, "Un besoin : ce que la personne cherche"),
]


class OfferForm(SheetForm):
    """What a notice says."""

    kind = RadioField("Est-ce une offre ou un besoin ?", [needed("Choisissez.")], choices=KINDS)
    title = StringField(
        "En quelques mots",
        [needed("Donnez un titre à l’annonce."), Length(max=120)],
        description="Par exemple : apprendre à coudre, un trajet au marché.",
        render_kw=NO_FILL,
    )
    category = SelectField("Thème", [needed("Choisissez un thème.")])
    text = TextAreaField(
        "Ce qu’il faut savoir",
        [Optional(), Length(max=2000)],
        description="Quand, où, avec quoi. N’écrivez ni adresse ni téléphone.",
        render_kw={"rows": 4},
    )
    for_group = BooleanField("C’est possible à plusieurs.")
    expires_on = DateField("Montrer jusqu’au", [needed("Choisissez un jour.")])

    def __init__(self, categories: Iterable[Category], offer: Offer | None = None) -> None:
        super().__init__(
            data=_known(offer) if offer else {"expires_on": months_after(today(), LASTS)}
        )
        names = [(str(category.id), category.name) for category in categories]
        self.category.choices = [*([] if offer else [("", "Choisir")]), *names]
        if offer and offer.category_id not in {category.id for category in categories}:
            self.category.choices.append((str(offer.category_id), offer.category.name))

    def sheet(self) -> OfferSheet:
        """The notice that the form describes."""
        return OfferSheet(
            kind=OfferKind(self.kind.data),
            category_id=uuid.UUID(self.category.data),
            title=self.title.data or "",
            text=self.text.data or "",
            for_group=self.for_group.data,
            expires_on=self.expires_on.data,
        )


def _known(offer: Offer) -> dict[str, object]:
    return {
        "kind": offer.kind,
        "title": offer.title,
        "category": str(offer.category_id),
        "text": offer.text,
        "for_group": offer.for_group,
        "expires_on": offer.expires_on,
        "version": offer.version,
    }


class PublishingForm(OfferForm):
    """A new notice. `key` is made with the page: sent twice, shown once."""

    key = HiddenField(default=new_id)

    def offer_id(self) -> uuid.UUID:
        """The id of the page; a new one when it is damaged."""
        return read_or_make_key(self.key.data)


class RenewalForm(Form):
    """Which notices are shown for six months more."""

    offers = SelectMultipleField(
        "Lesquelles montrer encore six mois ?",
        [needed("Cochez au moins une annonce.")],
    )

    def __init__(self, offers: Iterable[Offer]) -> None:
        super().__init__()
        self.offers.choices = [(str(offer.id), offer.title) for offer in offers]

    def chosen(self) -> list[uuid.UUID]:
        """The notices that were ticked."""
        return [uuid.UUID(offer_id) for offer_id in self.offers.data or []]
