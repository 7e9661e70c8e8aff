"""Forms about the people of an organisation."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, SelectMultipleField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Email, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.tenants.forms.passwords import refuse_password
from app.tenants.models import ROLE_HINTS, ROLE_LABELS, Role

NAME = "Prénom et nom"
ROLE_CHOICES = [
    SelectChoice(role.value, f"{ROLE_LABELS[role]}. {ROLE_HINTS[role]}") for role in Role
]
Text = str | None


def tidy(text: Text) -> str:
    """Without the spaces around, and with one between words."""
    return " ".join((text or "").split())


class RolesField(SelectMultipleField):
    """One or several roles, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, choices=ROLE_CHOICES, validate_choice=False, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """At least one, and only ours."""
        if not self.data:
            raise ValidationError("Choisissez au moins un rôle.")
        if not {role.value for role in Role}.issuperset(self.data):
            raise ValidationError("Choisissez parmi les rôles de la liste.")


class InvitationForm(FlaskForm):
    name = StringField(
        NAME,
        filters=[tidy],
        render_kw={"autocomplete": "off"},
        validators=[DataRequired("Écrivez le prénom et le nom."), Length(max=120)],
    )
    email = EmailField(
        "Adresse e-mail",
        description="Nous y envoyons l’invitation.",
        filters=[tidy],
        render_kw={"autocomplete": "off"},
        validators=[
            DataRequired("Écrivez l’adresse e-mail."),
            Email("Cette adresse n’est pas complète. Exemple : prenom@exemple.fr"),
            Length(max=320),
        ],
    )
    roles = RolesField("Que fera cette personne ?", default=[Role.READER.value])


class RolesForm(FlaskForm):
    roles = RolesField("Que fait cette personne ?")


class NameForm(FlaskForm):
    name = StringField(
        NAME,
        description="Les autres vous voient sous ce nom.",
        filters=[tidy],
        render_kw={"autocomplete": "name"},
        validators=[DataRequired("Écrivez votre prénom et votre nom."), Length(max=120)],
    )


class JoiningForm(FlaskForm):
    """One button."""


class AcceptanceForm(NameForm):
    password = PasswordField(
        "Mot de passe",
        description="Au moins 12 caractères. Sans mot de passe, vous entrerez par un lien reçu par e-mail.",
        render_kw={"autocomplete": "new-password"},
        validators=[Optional()],
    )

    def __init__(self, *args: Any, address: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def validate_password(self, field: PasswordField) -> None:
        """The rule of passwords, also against the person's own name and address."""
        if field.data and (refusal := refuse_password(field.data, self.name.data, self.address)):
            raise ValidationError(refusal)
