"""The form of a key for a program."""

from __future__ import annotations

import uuid

from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import Length

from app.core.db import new_id
from app.core.forms import NO_FILL, Form, needed
from app.reciprocity.forms.keys import read_or_make_key


class TokenForm(Form):
    """What the key is for, and whether it may write. `key` is made with the page: sent twice, one key."""

    key = HiddenField(default=new_id)

    name = StringField(
        "Quel programme se servira de cette clé ?",
        [needed("Donnez un nom à cette clé."), Length(max=80, message="80 lettres au plus.")],
        description="Par exemple « Tableau de la maison de quartier ».",
        render_kw=NO_FILL,
    )
    can_write = BooleanField(
        "Il peut aussi noter des échanges",
        description="Le programme lit les échanges. En cochant, il lit aussi les soldes et les relevés.",
    )

    def token_id(self) -> uuid.UUID:
        """The id of the page; a new one when it is damaged."""
        return read_or_make_key(self.key.data)
