"""The form of a key for a program."""

from __future__ import annotations

from wtforms import BooleanField, StringField
from wtforms.validators import Length

from app.core.forms import NO_FILL, Form, needed


class TokenForm(Form):
    """What the key is for, and whether it may write."""

    name = StringField(
        "Quel programme se servira de cette clé ?",
        [needed("Donnez un nom à cette clé."), Length(max=80, message="80 lettres au plus.")],
        description="Par exemple « Tableau de la maison de quartier ».",
        render_kw=NO_FILL,
    )
    can_write = BooleanField(
        "Il peut aussi noter des échanges",
        description="Sans cela, il lit les échanges, mais ni les soldes ni les relevés.",
    )
