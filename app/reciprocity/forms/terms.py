"""The form of the rules of the hours."""

from __future__ import annotations

from wtforms.validators import InputRequired, Optional

from app.core.forms import NO_FILL
from app.reciprocity.commands.accounts import Terms
from app.reciprocity.forms.hours_field import HoursField
from app.reciprocity.forms.members import LimitsForm, read_limit
from app.reciprocity.models import BulleTerms

NUMBER_MISSING = "Écrivez un nombre d’heures ; 0 pour aucune."


class TermsForm(LimitsForm):
    """Default limits, when to invite, and the welcome. Hours on the page, minutes beneath."""

    invite_to_give = HoursField(
        "À partir de combien d’heures reçues d’avance invite-t-on à donner ?",
        [InputRequired(NUMBER_MISSING)],
        render_kw=NO_FILL,
    )
    invite_to_receive = HoursField(
        "À partir de combien d’heures données d’avance invite-t-on à recevoir ?",
        [InputRequired(NUMBER_MISSING)],
        render_kw=NO_FILL,
    )
    welcome = HoursField(
        "Combien d’heures de bienvenue offre-t-on ?",
        [Optional()],
        description="À chaque nouveau membre, une fois. Laissez vide pour aucune.",
        render_kw=NO_FILL,
    )

    @classmethod
    def of_terms(cls, terms: BulleTerms) -> TermsForm:
        """The form filled with the rules that hold today."""
        return cls(
            receive=-terms.floor,
            give=read_limit(terms.ceiling),
            invite_to_give=-terms.gentle_low,
            invite_to_receive=terms.gentle_high,
            welcome=terms.welcome,
        )

    def terms(self) -> Terms:
        """The rules that the form describes."""
        return Terms(
            floor=self.floor(),
            ceiling=self.ceiling(),
            gentle_low=-(self.invite_to_give.data or 0),
            gentle_high=self.invite_to_receive.data or 0,
            welcome=self.welcome.data or 0,
        )
