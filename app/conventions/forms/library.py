"""The forms of the clause library."""

from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import Length, Optional

from app.conventions.models import Clause
from app.conventions.models.blocks import parse
from app.core.forms import NO_FILL, SheetForm, needed, read_by

SHEET = ("title", "theme", "heading", "text", "note")


class ClauseTextForm(SheetForm):
    """The new text of a clause, written over the last one."""

    heading = StringField(
        "Titre de l’article",
        [needed("Écrivez le titre de l’article."), Length(max=150)],
        description="Il est imprimé dans la convention, après son numéro.",
        render_kw=NO_FILL,
    )
    text = TextAreaField(
        "Texte",
        [needed("Écrivez le texte de la clause."), read_by(parse)],
        render_kw={"rows": 14, **NO_FILL},
    )
    note = StringField(
        "Pourquoi ce texte ?",
        [Optional(), Length(max=300)],
        description="Pour celles et ceux qui le reliront. Ce n’est pas imprimé.",
        render_kw=NO_FILL,
    )

    @classmethod
    def of(cls, clause: Clause) -> ClauseTextForm:
        """The form filled with the last text."""
        latest = clause.latest
        return cls(heading=latest.heading, text=latest.text, version=latest.number)

    def sheet(self) -> dict[str, str]:
        """What was written, by name of field."""
        return {f.name: f.data or "" for f in self if f.name in SHEET}


class ClauseForm(ClauseTextForm):
    """A new clause."""

    title = StringField(
        "Nom de la clause",
        [needed("Écrivez le nom de la clause."), Length(max=150)],
        description="Pour la retrouver, par exemple « Réciprocité des heures ».",
        render_kw=NO_FILL,
    )
    theme = StringField(
        "Thème",
        [needed("Écrivez le thème de la clause."), Length(max=60)],
        render_kw=NO_FILL,
    )
