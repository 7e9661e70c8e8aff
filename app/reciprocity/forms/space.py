"""The forms of a member's own space, and of the door to it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional, ValidationError

from app.core.clock import today
from app.core.db import new_id
from app.core.forms import NO_FILL, Form, SheetForm, needed, read_by
from app.reciprocity.commands.members import MemberSheet
from app.reciprocity.commands.offers import OfferSheet
from app.reciprocity.forms.exchanges import (
    DAY_MISSING,
    DURATION_HINT,
    LONGEST_WORDING,
    DurationField,
)
from app.reciprocity.forms.keys import read_key
from app.reciprocity.models import Category, Member, Offer, OfferKind, Transfer
from app.reciprocity.models.words import read_interests
from app.reciprocity.queries.hours import find_start

WHAT = "Par exemple : cuisine, couture, ordinateur, courses."


class DoorForm(Form):
    """The address that a link is asked for."""

    email = EmailField(
        "Votre adresse e-mail",
        [needed("Écrivez votre adresse e-mail."), Email("Cette adresse est incomplète.")],
        description="Celle que vous avez donnée à votre Bulle.",
        render_kw={"autocomplete": "email"},
    )


class KeyedForm(Form):
    """A form whose act can only be done once: it carries the id of what it makes."""

    cle = HiddenField(default=new_id)

    @property
    def key(self) -> uuid.UUID:
        """The id, made with the page. NoResultFound: it is not one of ours."""
        return read_key(MultiDict({"cle": str(self.cle.data)})) or new_id()


class TimeForm(Form):
    """How long, which day, since what time if that is known, and what it was."""

    minutes = DurationField(
        "Durée",
        [InputRequired("Dites combien de temps.")],
        description=DURATION_HINT,
        render_kw=NO_FILL,
    )
    day = DateField("Jour", [needed(DAY_MISSING)], default=today)
    starts = TimeField(
        "Heure de début",
        [Optional()],
        description="Utile seulement si la personne qui a donné a d’autres heures ce jour-là.",
    )
    wording = StringField(
        "C’était quoi ?",
        [Optional(), Length(max=LONGEST_WORDING)],
        description=WHAT,
        render_kw=NO_FILL,
    )

    def validate_day(self, field: DateField) -> None:
        """Not to come."""
        if field.data and field.data > today():
            raise ValidationError("Ce jour n’est pas encore venu. Choisissez un autre jour.")

    @property
    def on(self) -> date:
        """The day, once the form is whole."""
        day: date | None = self.day.data
        assert day  # noqa: S101 the field is required
        return day


class OwnCorrectionForm(TimeForm, KeyedForm):
    """An exchange as it should have been noted, by one of its two people."""

    reason = StringField(
        "Pourquoi ?",
        [needed("Dites pourquoi, en quelques mots."), Length(max=LONGEST_WORDING)],
        description="L’autre personne le lira. Par exemple : c’était une heure, pas deux.",
        render_kw=NO_FILL,
    )

    @classmethod
    def of(cls, transfer: Transfer, wording: str) -> OwnCorrectionForm:
        """The form filled with what was noted."""
        start = find_start(transfer.id, transfer.credit or 0)
        return cls(
            minutes=transfer.minutes,
            day=transfer.happened_on,
            starts=start and start.starts_at,
            wording=wording,
        )


class OwnThanksForm(Form):
    """A thank-you to who gave."""

    thanks = StringField(
        "Votre mot",
        [needed("Écrivez un mot."), Length(max=LONGEST_WORDING)],
        description="L’autre personne le lira dans son espace.",
        render_kw=NO_FILL,
    )


class OwnSheetForm(SheetForm):
    """What members may change of what is known of them."""

    interests = StringField(
        "Ce que vous aimez",
        [Optional(), Length(max=1000), read_by(read_interests)],
        description="Séparé par des virgules. Par exemple : cuisiner, marcher, les chats.",
        render_kw=NO_FILL,
    )
    email = EmailField(
        "Votre adresse e-mail",
        [Optional(), Length(max=254), Email("Cette adresse n’est pas complète.")],
        description="Le lien de votre espace y arrive. Une nouvelle adresse se confirme par e-mail.",
        render_kw={"autocomplete": "email"},
    )
    phone = TelField(
        "Votre téléphone", [Optional(), Length(max=30)], render_kw={"autocomplete": "tel"}
    )
    shows_contact = BooleanField("Les autres membres peuvent voir mon adresse et mon téléphone")

    @classmethod
    def of(cls, member: Member) -> OwnSheetForm:
        """The form filled with the sheet."""
        return cls(
            interests=", ".join(member.interests),
            email=member.email,
            phone=member.phone,
            shows_contact=member.shows_contact,
            version=member.version,
        )

    def sheet(self, member: Member) -> MemberSheet:
        """The sheet as it should become. An address may be shared: whose else it is stays unsaid."""
        return MemberSheet(
            name=member.name,
            bulle_id=member.bulle_id,
            email=self.email.data or "",
            phone=(self.phone.data or "").strip(),
            interests=read_interests(self.interests.data or ""),
            shows_contact=self.shows_contact.data,
            shares_email=True,
        )


class NoticeForm(Form):
    """What a member offers, or asks for."""

    kind = RadioField(
        "C’est…",
        choices=[
            (OfferKind.OFFER.value, "Quelque chose que je propose"),
            (OfferKind.REQUEST.value, "Quelque chose que je cherche"),
        ],
        invalid_choice_message="Dites si vous proposez ou cherchez.",
    )
    title = StringField(
        "En quelques mots",
        [needed("Écrivez l’annonce en quelques mots."), Length(max=120)],
        description="Par exemple : cuisiner ensemble, réparer un vélo.",
        render_kw=NO_FILL,
    )
    category = SelectField("Thème", [needed("Choisissez un thème.")])
    text = TextAreaField(
        "Plus de détails", [Optional(), Length(max=2000)], render_kw={"rows": 3, **NO_FILL}
    )

    def offer(self, categories: Sequence[Category], first: SelectChoice) -> None:
        """The themes to choose among, after a first one."""
        named = [SelectChoice(str(c.id), c.name) for c in categories]
        self.category.choices = [first, *(c for c in named if c.value != first.value)]

    def sheet(self, known: Offer | None = None) -> OfferSheet:
        """What the notice says; what is not asked here stays as it is known."""
        return OfferSheet(
            kind=OfferKind(self.kind.data),
            category_id=uuid.UUID(self.category.data),
            title=self.title.data or "",
            text=self.text.data or "",
            for_group=known is not None and known.for_group,
            expires_on=known.expires_on if known else None,
        )


class NewNoticeForm(NoticeForm, KeyedForm):
    """A notice to show."""

    @classmethod
    def among(cls, categories: Sequence[Category], kind: str | None) -> NewNoticeForm:
        """The form, with its themes; `kind` is chosen already, if it is one."""
        form = cls(kind=kind)
        form.offer(categories, SelectChoice("", "Choisir"))
        return form


class OwnNoticeForm(NoticeForm, SheetForm):
    """One's own notice, to change."""

    @classmethod
    def of(cls, offer: Offer, categories: Sequence[Category]) -> OwnNoticeForm:
        """The form filled with the notice; its theme can be kept, even retired."""
        form = cls(
            kind=offer.kind,
            title=offer.title,
            category=str(offer.category_id),
            text=offer.text,
            version=offer.version,
        )
        form.offer(categories, SelectChoice(str(offer.category_id), offer.category.name))
        return form
