"""The forms of a member: their sheet, their limits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from wtforms import BooleanField, EmailField, HiddenField, RadioField, StringField, TelField
from wtforms.validators import Email, InputRequired, Length, Optional

from app.core.db import new_id
from app.core.forms import NO_FILL, Form, SheetForm, needed, read_by
from app.reciprocity.commands.members import MemberSheet
from app.reciprocity.forms.hours_field import HoursField
from app.reciprocity.forms.keys import read_or_make_key
from app.reciprocity.models import NO_LIMIT, Account, Member
from app.reciprocity.models.words import read_interests
from app.tenants.models import Bulle

KEEPS = "Cette raison reste dans l’historique : n’y mettez rien de personnel."


class MemberForm(SheetForm):
    """What is known of a member. Only the name is asked."""

    name = StringField(
        "Comment s’appelle cette personne ?",
        [needed("Écrivez un nom ou un prénom."), Length(max=80)],
        description="Le nom que les autres connaissent. Un prénom suffit.",
        render_kw=NO_FILL,
    )
    bulle = RadioField("Dans quelle Bulle ?", [Optional()])
    interests = StringField(
        "Qu’aime faire cette personne ?",
        [Optional(), Length(max=1000), read_by(read_interests)],
        description="Séparez par des virgules. Par exemple : cuisiner, le jardin, réparer.",
        render_kw=NO_FILL,
    )
    email = EmailField(
        "Son adresse e-mail",
        [Optional(), Length(max=254), Email("Cette adresse n’est pas complète.")],
        render_kw=NO_FILL,
    )
    phone = TelField("Son téléphone", [Optional(), Length(max=30)], render_kw=NO_FILL)
    shows_contact = BooleanField("Les autres membres peuvent voir son adresse et son téléphone.")
    shares_email = BooleanField("Cette adresse sert à deux personnes.")

    def __init__(self, bulles: Iterable[Bulle], member: Member | None = None) -> None:
        names = [(str(bulle.id), bulle.name) for bulle in bulles]
        usual = {"bulle": names[0][0] if len(names) == 1 else ""}
        super().__init__(data=_known(member) if member else usual)
        self.bulle.choices = [*names, ("", "Aucune en particulier")]
        if not names:
            del self.bulle

    def sheet(self) -> MemberSheet:
        """The sheet that the form describes."""
        chosen = self.bulle.data if self.bulle else ""
        return MemberSheet(
            name=self.name.data or "",
            bulle_id=uuid.UUID(chosen) if chosen else None,
            email=self.email.data or "",
            phone=(self.phone.data or "").strip(),
            interests=read_interests(self.interests.data or ""),
            shows_contact=self.shows_contact.data,
            shares_email=self.shares_email.data,
        )


class JoiningForm(MemberForm):
    """A new member. `key` is made with the page: sent twice, one person."""

    key = HiddenField(default=new_id)

    def member_id(self) -> uuid.UUID:
        """The id of the page; a new one when it is damaged."""
        return read_or_make_key(self.key.data)


class LimitsForm(Form):
    """How far an account may go on either side."""

    receive = HoursField(
        "Combien d’heures peut-on recevoir d’avance ?",
        [InputRequired("Écrivez un nombre d’heures ; 0 pour aucune.")],
        description="Reçues de plus que données. Par exemple : 20.",
        render_kw=NO_FILL,
    )
    give = HoursField(
        "Combien d’heures peut-on donner d’avance ?",
        [Optional()],
        description="Données de plus que reçues. Laissez vide pour ne pas limiter.",
        render_kw=NO_FILL,
    )
    reason = StringField(
        "Pourquoi ?", [Optional(), Length(max=200)], description=KEEPS, render_kw=NO_FILL
    )

    @classmethod
    def of(cls, account: Account) -> LimitsForm:
        """The form filled with the limits of an account."""
        return cls(receive=-account.floor, give=read_limit(account.ceiling))

    def floor(self) -> int:
        """The lowest balance, in minutes."""
        return -(self.receive.data or 0)

    def ceiling(self) -> int:
        """The highest balance, in minutes."""
        return NO_LIMIT if self.give.data is None else int(self.give.data)


def _known(member: Member) -> dict[str, object]:
    return {
        "name": member.name,
        "bulle": str(member.bulle_id or ""),
        "interests": ", ".join(member.interests),
        "email": member.email,
        "phone": member.phone,
        "shows_contact": member.shows_contact,
        "version": member.version,
    }


def read_limit(ceiling: int) -> int | None:
    """A ceiling as it is written in a form: nothing when it stops nothing."""
    return None if ceiling >= NO_LIMIT else ceiling
