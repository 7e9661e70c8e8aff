"""The forms of a convention: its frame, its blanks, its parties, the reasons of grave acts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional

from app.conventions.commands import PartyData, SignatoryData
from app.conventions.models import CatalogueEntry, Convention, Party, Variable, VariableKind
from app.conventions.models.variables import ValueRefused
from app.core.forms import NO_FILL, Form, SheetForm, needed

PER_PAGE = 7
"""Questions a page, so that nobody faces a wall of fields."""
FEW = 5
"""From this many answers, a list replaces the radio buttons."""
SECOND = "La personne qui signe avec elle"


class Later(Optional):
    """An answer that a draft can wait for; a plain Optional is marked « si vous voulez »."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags.clear()


class NewConventionForm(Form):
    """The standard agreement, the title and the Bulle of a new convention."""

    entry = RadioField("Quel modèle ?", [needed("Choisissez un modèle.")])
    title = StringField(
        "Titre de la convention",
        [needed("Écrivez un titre."), Length(max=150)],
        description="Ce qu’elle permet, en quelques mots. Par exemple « Un appartement pour Miroir de soi ».",
        render_kw=NO_FILL,
    )
    bulle = SelectField("Pour quelle Bulle ?", [Optional()])

    def offer(self, entries: Sequence[CatalogueEntry], bulles: Sequence[Any]) -> None:
        """The choices, from the catalogue and the register."""
        self.entry.choices = [
            SelectChoice(str(e.id), f"{e.title} (version {e.version})") for e in entries
        ]
        self.bulle.choices = _bulle_choices(bulles)

    def bulle_id(self) -> uuid.UUID | None:
        """The chosen Bulle, None for none."""
        return uuid.UUID(self.bulle.data) if self.bulle.data else None


class FrameForm(SheetForm):
    """The title, the Bulle and the dates of a draft."""

    title = StringField("Titre", [needed("Écrivez un titre."), Length(max=150)], render_kw=NO_FILL)
    bulle = SelectField("Bulle", [Optional()])
    starts_on = DateField("Premier jour", [Later()])
    ends_on = DateField("Dernier jour", [Later()])

    @classmethod
    def of(cls, convention: Convention, bulles: Sequence[Any]) -> FrameForm:
        """The form of a draft as it stands."""
        form = cls(
            title=convention.title,
            bulle=str(convention.bulle_id or ""),
            starts_on=convention.starts_on,
            ends_on=convention.ends_on,
            version=convention.lock_version,
        )
        form.bulle.choices = _bulle_choices(bulles)
        return form

    def facts(self) -> dict[str, Any]:
        """What edit_convention() takes."""
        return {
            "title": self.title.data,
            "bulle_id": uuid.UUID(self.bulle.data) if self.bulle.data else None,
            "starts_on": self.starts_on.data,
            "ends_on": self.ends_on.data,
        }


def _bulle_choices(bulles: Sequence[Any]) -> list[SelectChoice]:
    named = [SelectChoice(str(b.id), f"{b.name}, {b.city}".strip(", ")) for b in bulles]
    return [SelectChoice("", "Aucune en particulier"), *named]


class PartyForm(SheetForm):
    """Who holds a role, and who signs for them: one person, or two."""

    organisation = SelectField("Quelle organisation ?", [Later()])
    name = StringField(
        "Ou son nom, si elle n’est pas dans le réseau",
        [Later(), Length(max=200)],
        description="Une commune, un bailleur, une entreprise.",
        render_kw=NO_FILL,
    )
    legal = TextAreaField(
        "Mention légale",
        [Optional(), Length(max=500)],
        description="Son numéro, son siège. Laissez vide pour prendre ce que dit le registre.",
        render_kw={"rows": 2},
    )
    signer = StringField(
        "Qui signe ?", [needed("Écrivez le nom de la personne qui signe."), Length(max=120)],
        render_kw=NO_FILL,
    )  # fmt: skip
    title = StringField(
        "En quelle qualité ?", [needed("Écrivez sa qualité, par exemple « présidente »."), Length(max=120)],
        render_kw=NO_FILL,
    )  # fmt: skip
    email = EmailField(
        "Son adresse e-mail",
        [needed("Écrivez son adresse."), Email("Cette adresse n’est pas complète.")],
        description="Le lien pour signer et le code partent à cette adresse, et nulle part ailleurs.",
        render_kw=NO_FILL,
    )
    second_signer = StringField(SECOND, [Optional(), Length(max=120)], render_kw=NO_FILL)
    second_title = StringField("Sa qualité", [Optional(), Length(max=120)], render_kw=NO_FILL)
    second_email = EmailField(
        "Son adresse e-mail", [Optional(), Email("Cette adresse n’est pas complète.")],
        render_kw=NO_FILL,
    )  # fmt: skip

    @classmethod
    def of(cls, convention: Convention, role: str, tenants: Sequence[Any]) -> PartyForm:
        """The form of a role, as it is held or empty."""
        party = next((p for p in convention.parties if p.role == role), None)
        form = cls(version=convention.lock_version, **(_party_facts(party) if party else {}))
        named = [SelectChoice(str(t.id), t.name) for t in tenants]
        form.organisation.choices = [SelectChoice("", "Elle n’est pas dans le réseau"), *named]
        return form

    def validate_name(self, field: Field) -> None:
        """An organisation or a name."""
        if not self.organisation.data and not (field.data or "").strip():
            raise ValidationError("Choisissez une organisation, ou écrivez son nom.")

    def validate_second_email(self, field: Field) -> None:
        """A second person is described whole, or not at all."""
        filled = [bool(f.data) for f in (self.second_signer, self.second_title, field)]
        if any(filled) and not all(filled):
            raise ValidationError(
                "Pour une deuxième personne : son nom, sa qualité et son adresse."
            )

    def data_for(self, role: str) -> PartyData:
        """What set_party() takes."""
        people = [SignatoryData(self.signer.data, self.title.data, self.email.data)]
        if self.second_signer.data:
            people.append(
                SignatoryData(
                    self.second_signer.data, self.second_title.data, self.second_email.data
                )
            )
        chosen = uuid.UUID(self.organisation.data) if self.organisation.data else None
        return PartyData(role, chosen, self.name.data or "", self.legal.data or "", people)


def _party_facts(party: Party) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "organisation": str(party.party_tenant_id or ""),
        "name": "" if party.party_tenant_id else party.name,
        "legal": party.legal,
    }
    for prefix, person in zip(("", "second_"), party.signatories, strict=False):
        facts |= {
            f"{prefix}signer": person.name,
            f"{prefix}title": person.title,
            f"{prefix}email": person.email,
        }
    return facts


class ReasonForm(Form):
    """Why: read by the other parties."""

    reason = StringField(
        "Pourquoi ?",
        [needed("Dites pourquoi : les autres parties liront votre raison."), Length(max=500)],
        render_kw=NO_FILL,
    )


class ChangeForm(Form):
    """What has to change in a received proposal."""

    comment = TextAreaField(
        "Que faut-il changer ?",
        [needed("Dites ce qu’il faut changer."), Length(max=2000)],
        render_kw={"rows": 4},
    )


class SignatureForm(Form):
    """The code and the consent."""

    code = StringField(
        "Code à 6 chiffres",
        [InputRequired("Écrivez le code reçu par e-mail.")],
        render_kw={
            "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 7,
            "class": "form-control-lg code",
        },
    )  # fmt: skip
    consent = BooleanField("")


class RefusalForm(Form):
    """Why a person does not sign."""

    motif = TextAreaField(
        "Pourquoi ?",
        [needed("Dites pourquoi vous ne signez pas."), Length(max=2000)],
        description="Votre réponse sera envoyée aux autres parties.",
        render_kw={"rows": 3},
    )


class VerifyForm(Form):
    """A file to check."""

    file = FileField(
        "Le document à vérifier",
        [FileRequired("Choisissez un fichier PDF.")],
        description="Un fichier PDF de 25 Mo au plus. Nous ne le gardons pas.",
        render_kw={"accept": "application/pdf"},
    )


class ValuesForm(SheetForm):
    """The blanks of one page, made from the standard agreement's variables by values_form()."""

    variables: tuple[Variable, ...] = ()

    def values(self) -> dict[str, Any]:
        """The stored values of what was typed; each was checked by its variable."""
        return {v.name: _parse(v, self[_field_name(v)].data) for v in self.variables}


def values_form(convention: Convention, page: int) -> ValuesForm:
    """The form of the `page`-th group of blanks (from 1), as they stand."""
    variables = tuple(convention.entry.schema[(page - 1) * PER_PAGE : page * PER_PAGE])
    fields = {_field_name(v): _field(v, convention) for v in variables}
    form_class = type("PageOfValues", (ValuesForm,), {**fields, "variables": variables})
    shown = {_field_name(v): _shown(v, convention.values.get(v.name)) for v in variables}
    form: ValuesForm = form_class(version=convention.lock_version, data=shown)
    return form


def count_pages(convention: Convention) -> int:
    """How many pages of blanks a convention has."""
    return -(-len(convention.entry.schema) // PER_PAGE)


def _field_name(variable: Variable) -> str:
    return f"v_{variable.name}"


def _shown(variable: Variable, value: Any) -> Any:
    if variable.kind == VariableKind.DATE:
        return date.fromisoformat(value) if value else None
    return variable.edit(value)


def _parse(variable: Variable, data: Any) -> Any:
    return variable.parse(data.isoformat() if isinstance(data, date) else data or "")


def _checked(variable: Variable) -> Any:
    def check(form: Form, field: Field) -> None:
        try:
            _parse(variable, field.data)
        except ValueRefused as refusal:
            raise ValidationError(refusal.message) from refusal

    return check


def _field(variable: Variable, convention: Convention) -> Any:
    described: dict[str, Any] = {"description": variable.hint}
    checks = [Later() if variable.required else Optional(), _checked(variable)]
    match variable.kind:
        case VariableKind.DATE:
            return DateField(variable.label, checks, **described)
        case VariableKind.CHOICE:
            return _choice(variable.label, variable.choices, checks, described)
        case VariableKind.PARTY:
            named = [(p.role, p.name) for p in convention.parties]
            return _choice(variable.label, named, checks, described)
        case VariableKind.TABLE:
            described["description"] = _table_hint(variable)
            return TextAreaField(variable.label, checks, render_kw={"rows": 6}, **described)
        case VariableKind.TEXT:
            return TextAreaField(variable.label, checks, render_kw={"rows": 2}, **described)
        case _:
            decimal = {"inputmode": "decimal", **NO_FILL}
            return StringField(variable.label, checks, render_kw=decimal, **described)


def _table_hint(variable: Variable) -> str:
    columns = " ; ".join(variable.columns)
    return " ".join(filter(None, [variable.hint, f"Une ligne par ligne du tableau : {columns}."]))


def _choice(label: str, answers: Sequence[Any], checks: list[Any], described: Any) -> Any:
    pairs = [answer if isinstance(answer, tuple) else (answer, answer) for answer in answers]
    choices = [SelectChoice(value, word) for value, word in pairs]
    if len(choices) < FEW:
        return RadioField(label, checks, choices=choices, **described)
    return SelectField(label, checks, choices=[SelectChoice("", ""), *choices], **described)
