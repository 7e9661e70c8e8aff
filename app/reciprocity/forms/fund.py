"""The forms of the solidarity fund."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.db import new_id
from app.core.errors import StalePage
from app.core.forms import NO_FILL, Form, SheetForm, needed
from app.reciprocity.commands.fund import RuleSheet
from app.reciprocity.forms.exchanges import DURATION_HINT, DurationField, WhenForm, read_number
from app.reciprocity.forms.hours_field import HoursField
from app.reciprocity.forms.keys import read_key
from app.reciprocity.models import FundRule

LONGEST_RULE = 4000
BY_RULE, BY_DECISION = "regle", "decision"


class GiftForm(WhenForm):
    """How much someone gives to the fund, and when."""


class GrantForm(Form):
    """How much the fund gives to someone, and why."""

    minutes = DurationField(
        "Combien d’heures ?",
        [InputRequired("Dites combien de temps.")],
        description=DURATION_HINT,
        render_kw=NO_FILL,
    )
    why = RadioField("Pourquoi ?", [InputRequired("Choisissez une raison.")])
    decision = StringField(
        "Si c’est une décision, laquelle ?",
        [Length(max=300)],
        description="Qui a décidé, et quand. Sans nom : « le conseil du 12 novembre ».",
        render_kw=NO_FILL,
    )
    rule = HiddenField()

    @classmethod
    def of(cls, rule: FundRule | None) -> GrantForm:
        """The form, with the rule in force among the reasons."""
        form = cls(rule=str(rule.id) if rule else "", why=BY_RULE if rule else BY_DECISION)
        by_rule = [(BY_RULE, f"La règle n° {rule.number} le permet")] if rule else []
        form.why.choices = [*by_rule, (BY_DECISION, "Une décision a été prise")]
        return form

    def told(self) -> dict[str, Any]:
        """The rule that was on the page, or the decision in words. StalePage: the page named no rule."""
        if self.why.data == BY_DECISION:
            return {"decision": self.decision.data or ""}
        try:
            return {"rule_id": uuid.UUID(self.rule.data)}
        except ValueError as error:
            raise StalePage from error


class RuleForm(SheetForm):
    """A new version of the fund's rule, written over the last one."""

    text = TextAreaField(
        "La règle, en quelques phrases",
        [needed("Écrivez la règle."), Length(max=LONGEST_RULE)],
        description="Pour qui est le fonds, et comment on le demande. Tout le monde peut la lire.",
        render_kw={"rows": 8, **NO_FILL},
    )
    once = HoursField(
        "En une fois, jusqu’à combien d’heures ?",
        [InputRequired("Dites combien d’heures.")],
        render_kw=NO_FILL,
    )
    yearly = HoursField(
        "En un an, pour une même personne ?",
        [InputRequired("Dites combien d’heures.")],
        render_kw=NO_FILL,
    )
    below = HoursField(
        "Pour qui a au plus combien d’heures d’avance ?",
        [InputRequired("Dites combien d’heures. Zéro convient souvent.")],
        description="Zéro : les personnes qui ont reçu au moins autant qu’elles ont donné.",
        render_kw=NO_FILL,
    )

    @classmethod
    def of(cls, rule: FundRule | None) -> RuleForm:
        """The form filled with the rule in force."""
        if rule is None:
            return cls(version=0)
        return cls(
            version=rule.number,
            text=rule.text,
            once=rule.grant_minutes,
            yearly=rule.yearly_minutes,
            below=rule.below,
        )

    def sheet(self) -> RuleSheet:
        """The rule as it is written."""
        return RuleSheet(
            text=(self.text.data or "").replace("\r\n", "\n").strip(),
            grant_minutes=self.once.data or 0,
            yearly_minutes=self.yearly.data or 0,
            below=self.below.data or 0,
        )


@dataclass(frozen=True)
class FundDraft:
    """A gift or a grant being told: who it is from or for. `key`: its id, made with the first page."""

    key: uuid.UUID
    account_no: int | None = None

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> FundDraft:
        """The draft of an address. NoResultFound: the address makes no sense."""
        return cls(read_key(args) or new_id(), read_number(args.get("qui")))

    @property
    def address(self) -> dict[str, Any]:
        """The parameters that tell it."""
        told = {"qui": self.account_no, "cle": self.key}
        return {name: value for name, value in told.items() if value is not None}
