"""Opening the register, its accounts, their limits and terms."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import NoResultFound

from app.core.audit import record
from app.core.clock import now
from app.core.db import db, new_id
from app.core.errors import DomainError
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.exchanges import refund_settlement
from app.reciprocity.commands.ledger import call, call_each, operator_of, take_turn
from app.reciprocity.models import Account, AccountKind, BulleTerms
from app.reciprocity.queries.accounts import (
    find_bulle_account,
    find_terms,
    get_account,
    get_group,
    get_system_account,
)
from app.reciprocity.queries.holds import find_outcome, list_asked, list_to_answer
from app.reciprocity.queries.members import find_refundable_settlement
from app.reciprocity.queries.terms import list_bulles_without_terms
from app.tenants.queries import get_tenant, list_joined_bulles, list_run_bulles

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What a pseudonym is made of: nothing that is read for something else."""
MOST_WELCOME = 100 * 60
GRACE_DAYS = 35
"""A month after a day, and the time to bring a booklet back: then it is closed."""


@dataclass(frozen=True)
class Terms:
    """The default limits, the gentle ones, the welcome; all in minutes."""

    floor: int
    ceiling: int
    gentle_low: int
    gentle_high: int
    welcome: int


def open_ledger(actor: Actor) -> bool:
    """Open the organisation's register, with its own account and its fund; False when it was open."""
    name = get_tenant(actor.tenant_id).name
    opened: bool = call("ledger_start", p_name=name, p_grace=GRACE_DAYS)
    if opened:
        record(actor, "ledger.opened", get_account(1))
    return opened


def open_account(
    actor: Actor | None,
    kind: AccountKind,
    *,
    bulle_id: uuid.UUID | None = None,
    label: str | None = None,
) -> Account:
    """Open an account under the terms of its Bulle. The register must be open."""
    terms = find_terms(bulle_id)
    number: int = call(
        "ledger_open_account",
        p_kind=kind.value,
        p_label=label,
        p_bulle=bulle_id,
        p_floor=terms.floor,
        p_ceiling=terms.ceiling,
        p_pseudonym=make_pseudonym(),
        p_operator=operator_of(actor),
    )
    return get_account(number)


def open_member_accounts(actor: Actor | None, bulle_id: uuid.UUID | None, count: int) -> list[int]:
    """The same for several members at once; the numbers of their accounts."""
    terms = find_terms(bulle_id)
    return call_each(
        "ledger_open_account",
        "p_pseudonym",
        "text",
        [make_pseudonym() for _ in range(count)],
        p_kind=AccountKind.MEMBER.value,
        p_label=None,
        p_bulle=bulle_id,
        p_floor=terms.floor,
        p_ceiling=terms.ceiling,
        p_operator=operator_of(actor),
    )


def make_pseudonym() -> str:
    """Eight letters that say nothing: one chance in a billion of meeting another in the same organisation."""
    return "".join(secrets.choice(LETTERS) for _ in range(8))


def give_welcome(actor: Actor, bulle_id: uuid.UUID | None, numbers: Sequence[int]) -> None:
    """Give these new members the hours of welcome of their Bulle, if it has any; once each, however often."""
    minutes, operator = find_terms(bulle_id).welcome, operator_of(actor)
    if minutes:
        given = {"p_minutes": minutes, "p_operator": operator}
        call_each("ledger_post_welcome", "p_credit", "int", numbers, **given)


def open_group(actor: Actor, name: str, bulle_id: uuid.UUID | None) -> Account:
    """Open the account of a group: a choir, a repair workshop."""
    authorize(policies.can_record(actor))
    label = " ".join(name.split())
    account = open_account(actor, AccountKind.GROUP, bulle_id=bulle_id, label=label)
    record(actor, "account.opened", account)
    return account


def open_bulle(actor: Actor, bulle_id: uuid.UUID) -> Account:
    """Open the account of a Bulle where the organisation acts: what is given to the place, and by it.

    Twice: the same one. NoResultFound: it is not one of its Bulles.
    """
    authorize(policies.can_record(actor))
    ours = [*list_run_bulles(actor.tenant_id), *list_joined_bulles(actor.tenant_id)]
    bulle = next((bulle for bulle in ours if bulle.id == bulle_id), None)
    if bulle is None:
        raise NoResultFound
    take_turn("opening", bulle_id)
    found = find_bulle_account(bulle_id)
    if found:
        return found
    account = open_account(actor, AccountKind.BULLE, bulle_id=bulle_id, label=bulle.name)
    record(actor, "account.opened", account)
    return account


def close_group(actor: Actor, number: int) -> Account:
    """Close the account of a group, see settle_account. NoResultFound: it is not a group's."""
    authorize(policies.can_manage(actor))
    account = get_group(number)
    if settle_account(actor, number):
        record(actor, "account.closed", account)
    return account


def reopen_group(actor: Actor, number: int) -> Account:
    """The group meets again, see restore_account. NoResultFound: it is not a group's."""
    authorize(policies.can_manage(actor))
    account = get_group(number)
    if restore_account(actor, number):
        record(actor, "account.reopened", account)
    return account


def settle_account(actor: Actor, number: int) -> bool:
    """Close an account: what it has goes to the fund, what it owes is taken on by the organisation, requests
    that wait on it are withdrawn. False when it was closed."""
    # A new author is a row of the register's own: before the locks.
    operator = operator_of(actor)
    holds = (*list_to_answer(number), *list_asked(number))
    _lock(number, *(hold.debit for hold in holds))
    if get_account(number).closed_at is not None:
        return False
    # One may have been answered while we waited.
    for hold in (hold for hold in holds if find_outcome(hold.id) is None):
        outcome = "expired" if hold.expires_at <= now() else "cancelled"
        call("ledger_settle_hold", p_id=hold.id, p_outcome=outcome, p_operator=operator)
    call("ledger_post_settlement", p_account=number, p_operator=operator)
    call("ledger_close_account", p_account=number)
    return True


def restore_account(actor: Actor, number: int) -> bool:
    """Open a closed account again; False when it was open. Within 72 hours it gets back what closing it
    settled, unless the fund has spent it since; later it starts at zero."""
    operator_of(actor)  # before the locks, as above
    # What the fund has is read under its lock: no grant takes it before it is given back.
    _lock(number)
    if get_account(number).closed_at is None:
        return False
    call("ledger_reopen_account", p_account=number)
    if settlement := find_refundable_settlement(number):
        refund_settlement(actor, settlement)
    return True


def set_limits(actor: Actor, number: int, floor: int, ceiling: int, reason: str) -> None:
    """Give an account limits of its own, in minutes, from its next entry on."""
    authorize(policies.can_manage(actor))
    _limit(actor, number, floor, ceiling, own=True, reason=reason)


def follow_default_limits(actor: Actor, number: int) -> None:
    """Give an account back the limits of its Bulle."""
    authorize(policies.can_manage(actor))
    terms = find_terms(get_account(number).bulle_id)
    _limit(actor, number, terms.floor, terms.ceiling, own=False, reason="")


def set_terms(actor: Actor, bulle_id: uuid.UUID | None, terms: Terms, reason: str) -> int:
    """Write the terms of a Bulle (None: of the organisation); return how many accounts follow them.

    DomainError: an invitation that would come after its limit, a welcome of more than a hundred hours, or
    that the ceiling would refuse.
    """
    authorize(policies.can_manage(actor))
    _check_order(terms)
    open_ledger(actor)
    operator = operator_of(actor)
    row = BulleTerms(
        id=new_id(), bulle_id=bulle_id, operator_no=operator, reason=reason, **vars(terms)
    )
    db.session.add(row)
    db.session.flush()
    changed: int = call(
        "ledger_set_default_limits",
        p_bulles=[bulle_id] if bulle_id else [None, *list_bulles_without_terms()],
        p_floor=terms.floor,
        p_ceiling=terms.ceiling,
        p_reason=reason,
        p_operator=operator,
    )
    record(actor, "ledger.terms_set", get_account(1), accounts=changed)
    return changed


def _lock(*numbers: int) -> None:
    fund = get_system_account("fund").number
    call("ledger_lock_accounts", p_accounts=[1, fund, *numbers])


def _check_order(terms: Terms) -> None:
    if not terms.floor <= terms.gentle_low <= 0 <= terms.gentle_high <= terms.ceiling:
        raise DomainError("On invite avant la limite : choisissez moins d’heures pour inviter.")
    if not 0 <= terms.welcome <= min(MOST_WELCOME, terms.ceiling):
        raise DomainError(
            "La bienvenue compte au plus cent heures, et pas plus que la limite pour donner."
        )


def _limit(actor: Actor, number: int, floor: int, ceiling: int, *, own: bool, reason: str) -> None:
    call(
        "ledger_set_limits",
        p_account=number,
        p_floor=floor,
        p_ceiling=ceiling,
        p_own=own,
        p_reason=reason,
        p_operator=operator_of(actor),
    )
    record(actor, "ledger.limits_set", get_account(number), floor=floor, ceiling=ceiling)
