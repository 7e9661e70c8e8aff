"""The solidarity fund: gifts in, grants out by the written rule or by a decision, versions of the rule."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError

from app.core.audit import record
from app.core.clock import today
from app.core.db import db, new_id
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.accounts import open_ledger
from app.reciprocity.commands.ledger import call, operator_of
from app.reciprocity.models import FundRule
from app.reciprocity.queries.accounts import get_system_account
from app.reciprocity.queries.fund import find_rule


@dataclass(frozen=True)
class RuleSheet:
    """A rule as it is written: its text, and what the register holds it to, in minutes."""

    text: str
    grant_minutes: int
    yearly_minutes: int
    below: int


def adopt_rule(actor: Actor, sheet: RuleSheet, *, base: int | None = None) -> FundRule:
    """Write a new version of the rule, in force at once; the same words again: the one there is.

    DomainError: it says nothing, or its hours contradict each other. StalePage: `base`, the number shown, is
    not the last any more.
    """
    authorize(policies.can_manage(actor))
    _check_rule(sheet)
    open_ledger(actor)
    last = find_rule()
    number = last.number if last else 0
    if base not in (None, number):
        raise StalePage
    sha256 = _sha256(sheet)
    if last and last.sha256 == sha256:
        return last
    rule = FundRule(
        id=new_id(),
        number=number + 1,
        sha256=sha256,
        adopted_on=today(),
        operator_no=operator_of(actor),
        **asdict(sheet),
    )
    try:
        with db.session.begin_nested():
            db.session.add(rule)
    except IntegrityError as error:
        # Someone adopted a version of this number at the same moment.
        raise StalePage from error
    record(actor, "fund.rule_adopted", rule)
    return rule


def give_to_fund(
    actor: Actor, transfer_id: uuid.UUID, giver: int, minutes: int, happened_on: date
) -> str:
    """Give hours of an account to the fund: `posted`, or `exists`. LedgerRefusal: see ledger.SENTENCES."""
    authorize(policies.can_act_for(actor, giver))
    status: str = call(
        "ledger_post_gift",
        p_id=transfer_id,
        p_debit=giver,
        p_minutes=minutes,
        p_on=happened_on,
        p_operator=operator_of(actor),
    )
    return status


def grant(
    actor: Actor,
    transfer_id: uuid.UUID,
    receiver: int,
    minutes: int,
    *,
    rule_id: uuid.UUID | None = None,
    decision: str = "",
) -> str:
    """Give hours of the fund to someone, by the rule in force or by a decision: `posted`, or `exists`.

    The journal, which others read, does not say to whom. LedgerRefusal: see ledger.SENTENCES.
    """
    authorize(policies.can_record(actor))
    status: str = call(
        "ledger_post_grant",
        p_id=transfer_id,
        p_credit=receiver,
        p_minutes=minutes,
        p_rule=rule_id,
        p_decision=" ".join(decision.split()) or None,
        p_on=today(),
        p_operator=operator_of(actor),
    )
    if status == "posted":
        record(actor, "fund.granted", get_system_account("fund"))
    return status


def _check_rule(sheet: RuleSheet) -> None:
    if not sheet.text.strip():
        raise DomainError("Écrivez la règle, en quelques phrases.")
    if sheet.grant_minutes <= 0:
        raise DomainError("Dites combien d’heures on peut donner en une fois.")
    if sheet.yearly_minutes < sheet.grant_minutes:
        raise DomainError("En un an, on peut donner au moins autant qu’en une fois.")


def _sha256(sheet: RuleSheet) -> str:
    canonical = json.dumps(asdict(sheet), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
