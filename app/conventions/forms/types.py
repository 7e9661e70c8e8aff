"""The forms of the standard agreements."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from app.conventions.models import Clause, TypeVersion, Variable, VariableKind
from app.conventions.models.variables import check_name
from app.core.forms import NO_FILL, Form, SheetForm, needed, read_by


class TypeForm(Form):
    """A new standard agreement."""

    title = StringField(
        "Titre du modèle",
        [needed("Écrivez le titre du modèle."), Length(max=150)],
        description="Par exemple « Accueil d’une Bulle ».",
        render_kw=NO_FILL,
    )
    purpose = StringField(
        "À quoi sert-il ?",
        [needed("Dites à quoi il sert."), Length(max=300)],
        description="Une phrase. Elle aide à choisir le bon modèle.",
        render_kw=NO_FILL,
    )


class AddedClauseForm(SheetForm):
    """A clause of the library for a draft."""

    clause_version = SelectField("Ajouter une clause", [needed("Choisissez une clause.")])

    @classmethod
    def of(cls, draft: TypeVersion, clauses: Sequence[Clause]) -> AddedClauseForm:
        """The form that offers the clauses which the draft has not."""
        form = cls(version=draft.lock_version)
        held = {place.clause_version.clause_id for place in draft.clauses}
        form.clause_version.choices = [
            (str(clause.latest.id), f"{clause.title} ({clause.theme})")
            for clause in clauses
            if clause.id not in held
        ]
        return form

    def chosen(self) -> uuid.UUID:
        """The text that was chosen."""
        return uuid.UUID(self.clause_version.data)


class VariableForm(SheetForm):
    """One blank of a draft; only the fields of its kind are kept."""

    label = StringField(
        "Quelle question posez-vous ?",
        [needed("Écrivez la question."), Length(max=150)],
        description="Comme on la pose, par exemple « Combien de repas par an ? ».",
        render_kw=NO_FILL,
    )
    name = StringField(
        "Son nom dans les clauses",
        [needed("Écrivez son nom dans les clauses."), read_by(check_name)],
        description="En minuscules, sans accent ni espace. La clause l’écrit entre {{ et }}.",
        render_kw=NO_FILL,
    )
    hint = StringField(
        "Une aide pour répondre",
        [Optional(), Length(max=300)],
        render_kw=NO_FILL,
    )
    choices = TextAreaField(
        "Les réponses possibles",
        [needed("Écrivez au moins deux réponses, une par ligne.")],
        description="Une par ligne.",
        render_kw={"rows": 5, **NO_FILL},
    )
    columns = TextAreaField(
        "Les colonnes du tableau",
        [needed("Écrivez le nom des colonnes du tableau, un par ligne.")],
        description="Un nom par ligne.",
        render_kw={"rows": 5, **NO_FILL},
    )
    required = BooleanField("La convention ne part pas sans cette réponse", default=True)

    @classmethod
    def of(
        cls, draft: TypeVersion, kind: VariableKind, variable: Variable | None, name: str = ""
    ) -> VariableForm:
        """The form of a kind of variable, filled when the variable (or only its name) is known."""
        known = _shown(variable) if variable else {"name": name}
        form = cls(version=draft.lock_version, data=known)
        if kind != VariableKind.CHOICE:
            del form.choices
        if kind != VariableKind.TABLE:
            del form.columns
        return form

    def variable(self, kind: VariableKind) -> Variable:
        """The variable that was described."""
        return Variable(
            name=str(self.name.data).strip(),
            label=str(self.label.data),
            kind=kind,
            required=self.required.data,
            hint=self.hint.data or "",
            choices=self._lines("choices"),
            columns=self._lines("columns"),
        )

    def _lines(self, name: str) -> list[str]:
        return self[name].data.splitlines() if name in self else []


class PartyRoleForm(SheetForm):
    """One of the parties of a draft."""

    label = StringField(
        "Qui est cette partie ?",
        [needed("Dites qui est cette partie."), Length(max=150)],
        description="Par exemple « La structure qui porte la Bulle ».",
        render_kw=NO_FILL,
    )
    required = BooleanField("La convention ne part pas sans cette partie", default=True)


class PublicationForm(SheetForm):
    """The publication of a draft."""

    changes = TextAreaField(
        "Qu’apporte cette version ?",
        [Optional(), Length(max=2000)],
        description="Quelques phrases pour les personnes qui prépareront des conventions.",
        render_kw={"rows": 4, **NO_FILL},
    )


def _shown(variable: Variable) -> dict[str, object]:
    lines = {"choices": "\n".join(variable.choices), "columns": "\n".join(variable.columns)}
    return {**variable.to_json(), **lines}
