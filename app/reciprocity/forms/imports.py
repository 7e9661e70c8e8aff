"""The forms of files taken over: bringing one, accepting what it would do."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField, FileRequired, FileSize
from wtforms import BooleanField, RadioField, SelectField
from wtforms.validators import InputRequired

from app.core.forms import Form
from app.reciprocity.commands.imports import KINDS, SOURCES, Upload
from app.reciprocity.models import Category

MOST_BYTES = 20_000_000


class UploadForm(Form):
    """A file, what it holds, where it comes from."""

    kind = RadioField(
        "Qu’y a-t-il dans ce fichier ?",
        [InputRequired("Choisissez ce que contient le fichier.")],
        choices=list(KINDS.items()),
        description="Commencez par les membres : les annonces et les échanges les nomment.",
    )
    source = RadioField(
        "D’où vient-il ?",
        [InputRequired("Choisissez d’où vient le fichier.")],
        choices=list(SOURCES.items()),
    )
    file = FileField(
        "Le fichier",
        [
            FileRequired("Choisissez un fichier."),
            FileSize(MOST_BYTES, message="Ce fichier dépasse 20 Mo. Coupez-le en deux."),
        ],
        description="Au format CSV. Rien n’est écrit avant votre accord.",
        render_kw={"accept": ".csv,.txt,.tsv,text/csv"},
    )
    bulle = SelectField(
        "La Bulle des nouveaux membres",
        validate_choice=True,
        description="Pour les membres dont le fichier ne dit pas la Bulle.",
    )
    category = SelectField(
        "Le thème des annonces dont le thème n’existe pas ici",
        description="Leur thème d’origine reste écrit dans leur texte.",
    )

    def __init__(
        self, bulles: Sequence[Any], categories: Sequence[Category], **values: Any
    ) -> None:
        super().__init__(**values)
        self.bulle.choices = [("", "Sans Bulle"), *((str(b.id), b.name) for b in bulles)]
        self.category.choices = [
            ("", "Aucun : je corrigerai le fichier"),
            *((str(c.id), c.name) for c in categories),
        ]

    def upload(self) -> Upload:
        """What was brought."""
        return Upload(
            kind=self.kind.data,
            source=self.source.data,
            file_name=self.file.data.filename or "fichier.csv",
            content=self.file.data.read(),
            bulle_id=uuid.UUID(self.bulle.data) if self.bulle.data else None,
            category_id=uuid.UUID(self.category.data) if self.category.data else None,
        )


class AcceptForm(Form):
    """Yes to what was tried."""

    welcome = BooleanField(
        "Donner aussi les heures de bienvenue aux personnes nouvelles",
        description="Laissez vide si vous reprenez aussi leurs échanges passés : leurs heures viennent avec.",
    )
    beyond_limits = BooleanField(
        "Élargir ces limites le temps de la reprise, puis les remettre. Ensuite, ces personnes peuvent"
        " revenir vers leur limite, sans aller plus loin."
    )
