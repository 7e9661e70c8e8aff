"""The forms of a Bulle's sheet, stages and associations."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

from wtforms import DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from app.core.forms import NO_FILL, Form, SheetForm, needed, read_by
from app.tenants import queries
from app.tenants.commands import BulleSheet, Passage
from app.tenants.forms.fields import CoordinatesField, TerritoryField
from app.tenants.models import STEP_FREE_LABELS, Bulle, Stage, StepFreeAccess, TenantKind
from app.tenants.models.identifiers import read_postcode

STAGES = [(str(stage.value), f"{stage.value}. {stage.label}") for stage in Stage]
DAY_MISSING = "Choisissez un jour, par exemple le 23/11/2026."


def list_tenant_choices(*kinds: TenantKind) -> list[SelectChoice]:
    """The open organisations (of these kinds) for a select, an empty answer first."""
    tenants = queries.list_open_tenants(*kinds)
    return [SelectChoice("", "Choisir"), *(SelectChoice(str(t.id), t.name) for t in tenants)]


class PassageForm(Form):
    """The entry of a Bulle into a stage."""

    stage = SelectField(
        "À quelle étape passe-t-elle ?",
        [needed("Choisissez une étape.")],
        choices=[SelectChoice(*pair) for pair in STAGES],
        coerce=int,
    )
    entered_on = DateField("Depuis quel jour ?", [needed(DAY_MISSING)])
    decided_by = StringField(
        "Qui l’a décidé ?",
        [
            needed("Écrivez qui a décidé : une personne, un conseil, une assemblée."),
            Length(max=200),
        ],
        description="Par exemple : le conseil d’Ocytocines du 26 novembre.",
    )
    decision = TextAreaField(
        "Qu’a-t-on décidé ?", [Optional(), Length(max=2000)], render_kw={"rows": 4}
    )

    def passage(self) -> Passage:
        """The passage that the form describes."""
        assert self.entered_on.data  # noqa: S101 the field is required
        return Passage(
            stage=Stage(self.stage.data),
            entered_on=self.entered_on.data,
            decided_by=self.decided_by.data or "",
            decision=self.decision.data or "",
        )


class OpeningForm(PassageForm):
    """A new Bulle at its first stage; its sheet is filled afterwards."""

    name = StringField("Nom de la Bulle", [needed("Écrivez le nom de la Bulle."), Length(max=120)])
    porteur = SelectField(
        "Qui la porte ?",
        [needed("Choisissez l’organisation qui porte la Bulle.")],
        description="L’organisation qui fait vivre le lieu.",
    )
    territory = TerritoryField(
        "Territoire",
        [Optional()],
        description="Le nom ou le code postal d’une commune, ou un département.",
        render_kw=NO_FILL,
    )

    def __init__(self) -> None:
        super().__init__()
        self.porteur.choices = list_tenant_choices()
        self.stage.label.text = "À quelle étape en est-elle ?"

    def sheet(self) -> BulleSheet:
        """What is known of the Bulle on the first day."""
        return BulleSheet(name=self.name.data or "", territory=self.territory.territory)

    def porteur_id(self) -> uuid.UUID:
        """The organisation chosen."""
        return uuid.UUID(self.porteur.data)


class PresentationForm(SheetForm):
    """What a Bulle is, and to whom the place belongs."""

    name = StringField("Nom de la Bulle", [needed("Écrivez le nom de la Bulle."), Length(max=120)])
    description = TextAreaField(
        "Que s’y passe-t-il ?",
        [Optional(), Length(max=2000)],
        description="Quelques phrases pour les voisins.",
        render_kw={"rows": 4},
    )
    landlord = SelectField(
        "À qui est le lieu ?",
        [Optional()],
        description="Le bailleur, s’il a un espace dans le réseau.",
    )
    landlord_name = StringField(
        "Ou bien le nom du bailleur",
        [Optional(), Length(max=200)],
        description="S’il n’a pas d’espace dans le réseau.",
    )

    def __init__(self, bulle: Bulle) -> None:
        super().__init__(obj=bulle, data={"landlord": str(bulle.landlord_id or "")})
        self.landlord.choices = list_tenant_choices()

    def sheet(self, before: BulleSheet) -> BulleSheet:
        """What the sheet will say, the rest being kept from `before`."""
        chosen = self.landlord.data
        return replace(
            before,
            name=self.name.data or "",
            description=self.description.data or "",
            landlord=queries.get_tenant(uuid.UUID(chosen)) if chosen else None,
            landlord_name=self.landlord_name.data or "",
        )


class LocationForm(SheetForm):
    """Where a Bulle is, and how one gets in."""

    address = StringField("Adresse", [Optional(), Length(max=200)], render_kw=NO_FILL)
    postcode = StringField(
        "Code postal",
        [Optional(), read_by(read_postcode)],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    city = StringField("Ville", [Optional(), Length(max=100)], render_kw=NO_FILL)
    territory = TerritoryField(
        "Territoire",
        [Optional()],
        description="Le nom ou le code postal d’une commune.",
        render_kw=NO_FILL,
    )
    coordinates = CoordinatesField(
        "Place sur la carte",
        [Optional()],
        description="Latitude et longitude, comme 47.3156, 5.0147. Une carte en ligne les donne.",
        render_kw=NO_FILL,
    )
    step_free_access = RadioField(
        "Peut-on entrer sans monter de marche ?",
        [needed("Choisissez une réponse.")],
        choices=[SelectChoice(access.value, label) for access, label in STEP_FREE_LABELS.items()],
    )

    def __init__(self, bulle: Bulle) -> None:
        place = {
            "territory": queries.find_territory(bulle.territory_kind, bulle.territory_code),
            "coordinates": bulle.coordinates,
        }
        super().__init__(obj=bulle, data=place)

    def sheet(self, before: BulleSheet) -> BulleSheet:
        """What the sheet will say, the rest being kept from `before`."""
        latitude, longitude = self.coordinates.point or (None, None)
        return replace(
            before,
            address=self.address.data or "",
            postcode=self.postcode.data or "",
            city=self.city.data or "",
            territory=self.territory.territory,
            latitude=latitude,
            longitude=longitude,
            step_free_access=StepFreeAccess(self.step_free_access.data),
        )


class PorteurForm(Form):
    """Who runs a Bulle."""

    porteur = SelectField(
        "Qui la porte maintenant ?", [needed("Choisissez l’organisation qui porte la Bulle.")]
    )

    def __init__(self, bulle: Bulle) -> None:
        super().__init__(porteur=str(bulle.porteur_id))
        self.porteur.choices = list_tenant_choices()

    def porteur_id(self) -> uuid.UUID:
        """The organisation chosen."""
        return uuid.UUID(self.porteur.data)


class AssociationForm(Form):
    """An organisation that comes to act in a Bulle."""

    tenant = SelectField("Quelle organisation ?", [needed("Choisissez une organisation.")])
    since_on = DateField("Depuis quel jour ?", [needed(DAY_MISSING)])

    def __init__(self) -> None:
        super().__init__()
        self.tenant.choices = list_tenant_choices()

    def tenant_id(self) -> uuid.UUID:
        """The organisation chosen."""
        return uuid.UUID(self.tenant.data)

    def day(self) -> date:
        """The first day."""
        day: date = self.since_on.data
        return day


class LeavingForm(Form):
    """The last day of an organisation in a Bulle."""

    until_on = DateField("Jusqu’à quel jour ?", [needed(DAY_MISSING)])

    def day(self) -> date:
        """The last day."""
        day: date = self.until_on.data
        return day
