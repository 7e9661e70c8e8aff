"""The way to the posting functions: one call in a savepoint, its refusals by name and in French."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.core.audit import SYSTEM
from app.core.db import db, require_tenant_id
from app.core.errors import DomainError
from app.core.permissions import Actor
from app.core.text import long_date
from app.reciprocity.commands.limits import LIMITS, tell_limit
from app.reciprocity.policies import MemberActor, TokenActor
from app.reciprocity.queries.accounts import find_account_name

REFUSED = "RB001"
"""The SQLSTATE of a posting function that says no; its message is the name of the refusal."""

BIGGEST = 2**31 - 1
"""Of the integers that a posting function takes."""

SENTENCES = {
    "minutes_not_positive": "Une durée compte au moins une minute.",
    "incomplete": "Il manque une information. Rechargez la page, puis recommencez.",
    "malformed": "Une des valeurs n’est pas lisible. Vérifiez-les, puis recommencez.",
    "too_large": "C’est trop d’heures en une fois.",
    "too_long": "Une durée dépasse 24 h. Notez l’échange en plusieurs fois.",
    "same_account": "La même personne ne peut pas donner et recevoir.",
    "unknown_account": "Nous ne trouvons pas ce compte.",
    "account_closed": "{who} n’a plus de compte ouvert. Rouvrez-le d’abord.",
    "wrong_account_kind": "Ce compte ne sert pas à cela.",
    "wrong_kind": "Ce mouvement n’existe pas.",
    "floor_reached": "C’est plus que ce que {who} peut recevoir aujourd’hui.",
    "ceiling_reached": "C’est plus que ce que {who} peut donner aujourd’hui.",
    "account_changed": "Le compte vient de changer. Recommencez.",
    "exists_with_different_content": "Cet échange est déjà noté, autrement. Rien n’a été ajouté.",
    "future_day": "Ce jour n’est pas encore venu. Choisissez un jour jusqu’à aujourd’hui.",
    "day_sealed": "Les comptes sont clos jusqu’au {day}. Notez l’échange à la date d’aujourd’hui.",
    "day_too_old": "Ce jour est trop ancien pour le registre.",
    "no_ledger": "Le registre des heures n’est pas encore ouvert.",
    "no_tenant": "Aucune organisation n’est choisie.",
    "unknown_operator": "Nous ne savons pas qui note cela. Reconnectez-vous, puis recommencez.",
    "operator_malformed": "Nous ne savons pas qui note cela. Reconnectez-vous, puis recommencez.",
    "group_malformed": "Un échange à plusieurs compte de deux à mille personnes, chacune avec sa durée.",
    "batch_malformed": "Les colonnes de cette liste n’ont pas toutes la même longueur.",
    "not_zero_sum": "Le temps donné et le temps reçu ne sont pas égaux.",
    "unknown_transfer": "Nous ne trouvons pas cet échange.",
    "reversal_of_reversal": "Une correction ne se corrige pas. Notez l’échange à nouveau.",
    "reversal_elsewhere": "Cet échange avec un autre lieu se corrige sur sa propre page.",
    "reversal_by_return": "Le solde d’un départ ne se corrige pas. Notez le retour de la personne.",
    "already_reversed": "Cet échange est déjà corrigé.",
    "reason_needed": "Dites pourquoi, en quelques mots.",
    "same_hour": "{who} a déjà des heures notées à ce moment-là. Une heure ne compte qu’une fois.",
    "start_missing": "Dites à quelle heure cela a commencé.",
    "start_needed": "{who} a déjà d’autres heures ce jour-là, hors réciprocité."
    " Dites à quelle heure l’échange a commencé.",
    "exchange_needs_start": "{who} a donné ce jour-là, sans heure de début."
    " Dites d’abord à quelle heure cet échange a commencé.",
    "crosses_midnight": "Ces heures passent minuit. Notez-les en deux fois.",
    "unknown_answer": "Cette réponse n’existe pas.",
    "unknown_hold": "Nous ne trouvons pas cette demande.",
    "already_answered": "Cette demande a déjà une réponse.",
    "hold_expired": "Cette demande est trop ancienne. Faites-en une autre.",
    "hold_not_expired": "Cette demande attend encore une réponse.",
    "postings_in_flight": "Un échange est en train d’être noté. Recommencez dans un moment.",
    "limits_malformed": "Le plancher va au plus à zéro, le plafond au moins à zéro.",
    "grace_malformed": "Un jour se clôt au plus tôt après 3 jours, au plus tard après un an.",
    "pseudonym_taken": "Ce nom d’emprunt sert déjà. Recommencez.",
    "unknown_bulle": "Nous ne trouvons pas cette Bulle.",
    "account_not_empty": "Ce compte n’est pas à zéro, ou une demande attend.",
    "rule_not_in_force": "La règle du fonds a changé. Relisez-la, puis recommencez.",
    "grant_too_large": "C’est plus que ce que la règle permet en une fois.",
    "grant_beyond_year": "C’est plus que ce que la règle permet en un an pour une personne.",
    "grant_not_needed": "La règle réserve le fonds aux personnes qui ont moins d’heures.",
    "unknown_hours": "Nous ne trouvons pas ces heures.",
    "no_agreement": "Vos deux organisations ne sont pas d’accord aujourd’hui pour échanger des heures.",
    "unknown_code": "Cette organisation ne connaît pas ce code. Relisez-le avec la personne.",
    "pair_limit": "La limite convenue entre vos deux organisations est atteinte. Parlez-en ensemble.",
    "peer_ceiling_reached": "La personne qui a donné a atteint la limite dans son organisation.",
    "peer_account_closed": "Cette personne n’a plus de compte ouvert dans son organisation.",
    "peer_day_sealed": "L’autre organisation a clos ses comptes pour ce jour."
    " Choisissez un jour plus récent.",
    "peer_start_needed": "La personne qui a donné a déjà d’autres heures ce jour-là, hors réciprocité."
    " Dites à quelle heure l’échange a commencé.",
    "peer_same_hour": "La personne qui a donné a déjà des heures notées à ce moment-là."
    " Une heure ne compte qu’une fois.",
    "too_late_here": "Après 72 heures, seule l’organisation de la personne qui a donné peut corriger.",
    "unknown_netting": "Nous ne trouvons pas cette compensation.",
    "netting_malformed": "Cette compensation n’est pas une boucle. Rien n’a été écrit.",
}

ABOUT = {
    "same_account": "giver",
    "floor_reached": "minutes",
    "ceiling_reached": "minutes",
    "future_day": "day",
    "day_sealed": "day",
    "day_too_old": "day",
    "unknown_code": "code",
}
"""The question of a form that a refusal is about, when it is about one."""


class LedgerRefusal(DomainError):
    """A posting function said no: `code` names it, `detail` is an account number, a day or a rank. `sentence`
    says more than SENTENCES can."""

    def __init__(
        self, code: str, detail: str = "", account: str = "", sentence: str | None = None
    ) -> None:
        self.code, self.detail = code, detail
        number = account or detail
        who = find_account_name(int(number)) if number.isdecimal() else "Cette personne"
        day = (
            long_date(date.fromisoformat(detail)) if code == "day_sealed" and "-" in detail else ""
        )
        usual = SENTENCES[code].format(who=who, day=day or "dernier jour clos")
        super().__init__(sentence or usual, ABOUT.get(code, ""))


def call(function: str, **arguments: Any) -> Any:
    """Call a posting function with named arguments; what it returns. Raises LedgerRefusal, also for a value
    that PostgreSQL cannot read: a number too large, a character it does not store.

    The savepoint leaves the request's transaction usable after a refusal: the page can be shown again.
    """
    return call_rows(function, **arguments)[0]


def call_rows(function: str, **arguments: Any) -> list[Any]:
    """Call a function that returns several values, in order."""
    named = ", ".join(f"{name} => :{name}" for name in arguments)
    statement = f"SELECT * FROM {function}({named})"  # noqa: S608 names of ours
    return _ask(function, statement, arguments)


def call_each(
    function: str, name: str, type_: str, values: Sequence[Any], **arguments: Any
) -> list[Any]:
    """Call a function once for each value of the argument `name`, of this SQL type, in one statement; what
    each call returns, in order. All of them, or none."""
    named = ", ".join(f"{other} => :{other}" for other in arguments)
    called = f"{function}({name} => one, {named})"
    each = f"unnest(CAST(:{name} AS {type_}[])) AS one"
    statement = f"SELECT {called} FROM {each}"  # noqa: S608 names of ours
    return _ask(function, statement, {name: values, **arguments})


def _ask(function: str, statement: str, arguments: Mapping[str, Any]) -> list[Any]:
    if not all(map(_fits, arguments.values())):
        raise LedgerRefusal("malformed")
    try:
        with db.session.begin_nested():
            return list(db.session.scalars(sa.text(statement), arguments))
    except UnicodeEncodeError as error:
        raise LedgerRefusal("malformed") from error
    except DBAPIError as error:
        raise _refusal(error, function, arguments) from error
    finally:
        db.session.expire_all()


def operator_of(actor: Actor | None) -> int:
    """The number under which the actor signs postings; None is the installation itself."""
    subject: uuid.UUID | None
    match actor:
        case None:
            kind, subject, name = "system", require_tenant_id(), SYSTEM
        case MemberActor():
            kind, subject, name = "member", actor.member_id, actor.name
        case TokenActor():
            kind, subject, name = "token", actor.token_id, actor.name
        case _:
            kind, subject, name = "user", actor.user_id, actor.name
    number: int = call("ledger_operator", p_kind=kind, p_subject=subject, p_name=name)
    return number


def derived_id(*parts: object) -> uuid.UUID:
    """An id that the same facts always give, in the current organisation: a key that cannot be used twice."""
    return uuid.uuid5(require_tenant_id(), json.dumps([str(part) for part in parts]))


def take_turn(*parts: object) -> None:
    """Wait until whoever does the same thing in the current organisation has committed: then look."""
    key = derived_id(*parts).int >> 65
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _fits(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_fits, value))
    return not isinstance(value, int) or -BIGGEST - 1 <= value <= BIGGEST


def _refusal(error: DBAPIError, function: str, arguments: Mapping[str, Any]) -> Exception:
    if isinstance(error, sa.exc.DataError):
        return LedgerRefusal("malformed")
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is None or diagnosis.sqlstate != REFUSED:
        return error
    code, detail = str(diagnosis.message_primary), diagnosis.message_detail or ""
    account, more = diagnosis.message_hint or "", None
    if code in LIMITS:
        more = tell_limit(code, int(account or detail), function, arguments["p_operator"])
    return LedgerRefusal(code, detail, account, more)
