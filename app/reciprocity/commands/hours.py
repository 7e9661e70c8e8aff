"""Hours that are not credited in time, and when exchanges began: one hour is counted once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, time

from app.core.audit import record
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.ledger import call, derived_id, operator_of
from app.reciprocity.models import Regime, TimeRecord
from app.reciprocity.queries.hours import get_record


@dataclass(frozen=True)
class Hours:
    """A stretch of a member's day, volunteered or paid. `id` is made by whoever asks: sent twice, it is
    noted once."""

    id: uuid.UUID
    account_no: int
    happened_on: date
    starts_at: time
    minutes: int
    regime: Regime
    activity: str = ""


def declare_hours(actor: Actor, hours: Hours) -> str:
    """Note hours that are not credited: `posted`, or `exists` when they were noted already.

    LedgerRefusal `same_hour`: that hour counts already; `exchange_needs_start`: an exchange of that day might
    be the same hour, as long as nobody says when it began.
    """
    authorize(policies.can_record(actor))
    status: str = call(
        "ledger_declare_time",
        p_id=hours.id,
        p_account=hours.account_no,
        p_on=hours.happened_on,
        p_starts=hours.starts_at,
        p_minutes=hours.minutes,
        p_regime=hours.regime.value,
        p_activity=hours.activity,
        p_operator=operator_of(actor),
    )
    if status == "posted":
        record(actor, "hours.declared", get_record(hours.id), minutes=hours.minutes)
    return status


def time_exchange(
    actor: Actor, transfer_id: uuid.UUID, account_no: int, starts_at: time, minutes: int
) -> str:
    """Say when someone began what they gave in an exchange, and for how long: `posted`, or `exists`.

    In a gathering, what they are credited may be more. LedgerRefusal `same_hour`, `unknown_transfer`.
    """
    authorize(policies.can_record(actor))
    status: str = call(
        "ledger_time_exchange",
        p_id=derived_id("start", transfer_id, account_no),
        p_transfer=transfer_id,
        p_account=account_no,
        p_starts=starts_at,
        p_minutes=minutes,
        p_operator=operator_of(actor),
    )
    return status


def void_hours(actor: Actor, record_id: uuid.UUID) -> TimeRecord:
    """Take back hours that were volunteered or paid. Twice does no more. LedgerRefusal: an exchange's."""
    hours = get_record(record_id)
    authorize(policies.can_record(actor))
    if hours.voided_at is None:
        call("ledger_void_time", p_id=record_id)
        record(actor, "hours.voided", hours, minutes=hours.minutes)
    return hours
