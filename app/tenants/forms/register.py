"""The forms of the register of organisations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wtforms import EmailField, Field, RadioField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, Length, Optional

from app.core.forms import NO_FILL, Form, SheetForm, needed, read_by
from app.tenants import queries
from app.tenants.commands import TenantSheet
from app.tenants.forms.fields import TerritoryField
from app.tenants.models import TENANT_KIND_LABELS, Tenant, TenantKind
from app.tenants.models.identifiers import (
    SIREN_DIGITS,
    compact,
    read_postcode,
    read_rna,
    read_siren,
    read_siret,
)

BAD_EMAIL = "Cette adresse n’est pas complète. Exemple : prenom@exemple.fr"
KINDS = [(kind.value, TENANT_KIND_LABELS[kind]) for kind in TenantKind if kind != "network"]


def read_company_number(typed: str) -> str:
    """A SIREN (9 digits) or a SIRET (14)."""
    return read_siren(typed) if len(compact(typed)) == SIREN_DIGITS else read_siret(typed)


class IdentityForm(SheetForm):
    """Who an organisation is."""

    kind = RadioField(
        "De quel genre est cette organisation ?",
        [needed("Choisissez un genre d’organisation.")],
        choices=[SelectChoice(*pair) for pair in KINDS],
    )
    name = StringField("Nom officiel", [needed("Écrivez son nom officiel."), Length(max=200)])
    short_name = StringField(
        "Nom court",
        [Optional(), Length(max=60, message="Le nom court a 60 lettres au plus.")],
        description="Celui que l’on dit tous les jours, comme « ASCS ».",
    )
    number = StringField(
        "Numéro SIREN ou SIRET",
        [Optional(), read_by(read_company_number)],
        description="9 ou 14 chiffres. Les espaces ne gênent pas.",
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    rna = StringField(
        "Numéro RNA",
        [Optional(), read_by(read_rna)],
        description="Pour une association : W, puis 9 caractères.",
        render_kw=NO_FILL,
    )

    def sheet(self, before: TenantSheet | None = None) -> TenantSheet:
        """What the register will say, what this page does not ask being kept from `before`."""
        number = compact(self.number.data or "")
        is_siren = len(number) == SIREN_DIGITS
        identity: dict[str, Any] = {
            "kind": TenantKind(self.kind.data),
            "name": self.name.data,
            "short_name": self.short_name.data or "",
            "siren": number[:SIREN_DIGITS],
            "siret": "" if is_siren else number,
            "rna": self.rna.data or "",
        }
        return replace(before, **identity) if before else TenantSheet(**identity)


class AdministratorForm(Form):
    """The first person who administers an organisation."""

    person = StringField(
        "Qui administrera son espace ?",
        [needed("Écrivez le nom de cette personne."), Length(max=120)],
        description="Prénom et nom.",
        render_kw=NO_FILL,
    )
    email = EmailField(
        "Son adresse e-mail",
        [needed("Écrivez son adresse e-mail."), Email(BAD_EMAIL)],
        description="Elle recevra une invitation.",
        render_kw=NO_FILL,
    )


class NewTenantForm(IdentityForm):
    """A new organisation, and the first person who administers it."""

    person = StringField(
        "Qui administrera son espace ?",
        [Optional(), Length(max=120)],
        description="Prénom et nom. Vous pourrez aussi inviter cette personne plus tard.",
        render_kw=NO_FILL,
    )
    email = EmailField(
        "Son adresse e-mail",
        [Optional(), Email(BAD_EMAIL)],
        description="Elle recevra une invitation.",
        render_kw=NO_FILL,
    )

    def validate_person(self, field: Field) -> None:
        """A person named without an address cannot be invited."""
        if field.data and not self.email.data:
            raise ValidationError("Écrivez aussi l’adresse e-mail de cette personne.")


class TenantEditForm(IdentityForm):
    """Who a known organisation is, and the address of its space."""

    slug = StringField(
        "Adresse de son espace",
        [needed("Écrivez l’adresse de l’espace."), Length(max=60)],
        description="Des lettres simples, des chiffres et des tirets. La changer casse les liens.",
        render_kw=NO_FILL,
    )

    @classmethod
    def of(cls, tenant: Tenant) -> TenantEditForm:
        """The form filled with what the register says."""
        return cls(obj=tenant, number=tenant.siret or tenant.siren)

    def sheet(self, before: TenantSheet | None = None) -> TenantSheet:
        """The identity, with the address of the space."""
        return replace(super().sheet(before), slug=self.slug.data or "")


class PlaceForm(SheetForm):
    """Where an organisation is."""

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
        description="Sa commune, ou le territoire où elle agit : un nom ou un code postal.",
        render_kw=NO_FILL,
    )

    @classmethod
    def of(cls, tenant: Tenant) -> PlaceForm:
        """The form filled with what the register says."""
        territory = queries.find_territory(tenant.territory_kind, tenant.territory_code)
        return cls(obj=tenant, territory=territory)

    def sheet(self, before: TenantSheet) -> TenantSheet:
        """What the register will say, the rest being kept from `before`."""
        return replace(
            before,
            address=self.address.data or "",
            postcode=self.postcode.data or "",
            city=self.city.data or "",
            territory=self.territory.territory,
        )
