"""The form of a theme."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import Length

from app.core.forms import NO_FILL, Form, needed


class CategoryForm(Form):
    """A theme for the whole network."""

    name = StringField(
        "Quel thème ajouter ?",
        [needed("Donnez un nom à ce thème."), Length(max=60)],
        description="Il sera proposé dans toutes les Bulles. Par exemple : Jardinage.",
        render_kw=NO_FILL,
    )
