"""What an account at its limit can still do, in words for whoever was refused."""

from __future__ import annotations

from app.core.db import db
from app.core.text import duration
from app.reciprocity.models import Account, AccountKind, OperatorKind
from app.reciprocity.queries.accounts import find_account_name, get_account, get_operator
from app.reciprocity.queries.members import find_member_of

LIMITS = ("floor_reached", "ceiling_reached")
"""The refusals that a limit explains: of the account that pays, of the account that is credited."""
ONE_WAY = ("ledger_post_gift", "ledger_post_grant", "ledger_post_welcome")
"""The functions where whoever pays gives and whoever is credited receives; an exchange is the reverse."""
QUESTIONS = {
    "recevoir": "Que pourrait donner cette personne ?",
    "donner": "Qu’aimerait recevoir cette personne ?",
}


def tell_limit(code: str, number: int, function: str, operator_no: int) -> str | None:
    """What the account `number` can still do: to the team, and to a member about their own account. None to a
    member about someone else: how much is not theirs to know."""
    account = get_account(number)
    db.session.refresh(account)  # as it stands now that the function has said no
    verb = "recevoir" if (code == "floor_reached") != (function in ONE_WAY) else "donner"
    left = max(0, _room(account, code))
    teller = get_operator(operator_no)
    if teller.kind == OperatorKind.MEMBER:
        member = find_member_of(number)
        return _tell_self(verb, left) if member and member.id == teller.subject_id else None
    if account.kind == AccountKind.FUND:
        return f"Le fonds n’a que {duration(left)}." if left else "Le fonds n’a plus d’heures."
    return _tell_team(find_account_name(number), verb, left)


def _room(account: Account, code: str) -> int:
    if code == "floor_reached":
        return account.balance - account.held - account.floor
    return account.ceiling - account.balance


def _tell_self(verb: str, left: int) -> str:
    if left:
        return f"Vous pouvez encore {verb} {duration(left)}."
    return f"Vous ne pouvez rien {verb} de plus aujourd’hui."


def _tell_team(name: str, verb: str, left: int) -> str:
    if left:
        return f"{name} peut encore {verb} {duration(left)}."
    return f"{name} ne peut rien {verb} de plus aujourd’hui. {QUESTIONS[verb]}"
