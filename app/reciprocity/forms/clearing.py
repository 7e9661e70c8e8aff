"""The forms of hours with other organisations: how far, who received from whom, why it is corrected."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

from app.core.db import new_id
from app.core.forms import NO_FILL, Form, needed, read_by
from app.reciprocity.commands.clearing import ReceivedHelp, read_code
from app.reciprocity.forms.exchanges import WhenForm, read_number
from app.reciprocity.forms.hours_field import HoursField
from app.reciprocity.forms.keys import read_key

REASONS = (
    "Noté par erreur",
    "Erreur de durée",
    "Erreur de jour",
    "Erreur de personne",
    "Noté deux fois",
    "L’échange n’a pas eu lieu",
)
"""Words that are chosen, not written: the other organisation reads them, and they name nobody."""


class LimitForm(Form):
    """How far one would go with another organisation."""

    limit = HoursField(
        "Jusqu’à combien d’heures ?",
        [InputRequired("Dites combien d’heures.")],
        description="Aucun des deux lieux ne devra plus que cela à l’autre. Pour commencer : 20 h.",
        render_kw=NO_FILL,
    )


class ProposalForm(LimitForm):
    """The same, said to an organisation to choose."""

    peer = SelectField("Avec quelle organisation ?", [needed("Choisissez une organisation.")])

    @classmethod
    def among(cls, others: Sequence[tuple[str, str]]) -> ProposalForm:
        """The form, with the organisations (id, name) that one may choose."""
        form = cls()
        form.peer.choices = [("", "Choisissez"), *others]
        return form


class CodeForm(Form):
    """The code on the card of who gave; it stands in the address."""

    class Meta:
        csrf = False

    code = StringField(
        "Le code de visite de cette personne",
        [needed("Écrivez le code de visite."), read_by(read_code)],
        description="Huit lettres ou chiffres. La personne le trouve dans son espace.",
        render_kw={**NO_FILL, "autocapitalize": "characters", "spellcheck": "false"},
    )


class VisitForm(WhenForm):
    """The last question of an exchange with another organisation, and the code that the address tells: only
    the register knows whether it is theirs."""

    code = CodeForm.code

    def help(self, draft: VisitDraft) -> ReceivedHelp:
        """The exchange that the address and the form tell together."""
        assert draft.receiver  # noqa: S101 nothing is asked before they are known
        assert self.day.data  # noqa: S101 the field is required
        return ReceivedHelp(
            id=draft.key,
            receiver=draft.receiver,
            peer_id=draft.peer_id,
            code=draft.code,
            minutes=self.minutes.data,
            happened_on=self.day.data,
            starts_at=self.starts.data,
        )


class ReversalForm(Form):
    """Why an exchange with another organisation is undone."""

    reason = RadioField(
        "Pourquoi l’annuler ?",
        [Optional()],
        choices=[(reason, reason) for reason in REASONS],
        default=REASONS[0],
    )


class NettingForm(Form):
    """The answer to a compensation: to what was shown, and to nothing else."""

    sha256 = HiddenField()
    answer = RadioField(
        "Votre réponse",
        [InputRequired("Choisissez une réponse.")],
        choices=[("accept", "Accepter"), ("decline", "Refuser")],
    )


@dataclass(frozen=True)
class VisitDraft:
    """An exchange with another organisation being told, one question a page: what the address says so far.

    `key`: the id of the exchange to come, made with the first page, so that it is noted once.
    """

    key: uuid.UUID
    peer_id: uuid.UUID
    receiver: int | None = None
    code: str = ""

    @classmethod
    def read(cls, peer_id: uuid.UUID, args: MultiDict[str, str]) -> VisitDraft:
        """The draft of an address. NoResultFound: the address makes no sense."""
        receiver = read_number(args.get("recoit"))
        return cls(read_key(args) or new_id(), peer_id, receiver, args.get("code", ""))

    @property
    def address(self) -> dict[str, Any]:
        """The parameters that tell it."""
        told = {"peer_id": self.peer_id, "recoit": self.receiver, "cle": self.key}
        return {name: value for name, value in told.items() if value is not None}
