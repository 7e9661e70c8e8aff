"""Agreeing with another organisation to exchange hours, noting such exchanges, correcting them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy.dialects.postgresql import insert

from app.core.audit import record
from app.core.db import db, require_tenant_id
from app.core.deliveries import deliver, get_letter
from app.core.errors import DomainError
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.accounts import LETTERS, make_pseudonym, open_ledger
from app.reciprocity.commands.exchanges import may_correct
from app.reciprocity.commands.ledger import call, operator_of
from app.reciprocity.models import AccountKind, Mirror, MirrorState
from app.reciprocity.queries.clearing import find_mirror, get_pair, get_visit
from app.tenants.queries import get_tenant

LIMIT = "reciprocity.limit"
LOWEST, HIGHEST = 60, 60_000
"""Minutes: what an agreement between two organisations may go to."""
CODE_LENGTH = 8
TOLD = {
    MirrorState.PROPOSED: "mirror.proposed",
    MirrorState.RECEIVED: "mirror.proposed",
    MirrorState.AGREED: "mirror.agreed",
    MirrorState.SUSPENDED: "mirror.suspended",
    MirrorState.DECLINED: "mirror.declined",
}


@dataclass(frozen=True)
class ReceivedHelp:
    """Someone of ours received from someone of another organisation, known by the code on their card."""

    id: uuid.UUID
    receiver: int
    peer_id: uuid.UUID
    code: str
    minutes: int
    happened_on: date
    starts_at: time | None = None


def say_limit(actor: Actor, peer_id: uuid.UUID, minutes: int | None) -> Mirror:
    """Tell another organisation how far we would go, both ways; None: no exchange, or no more.

    Proposing, accepting, asking for another limit, declining, suspending and coming back are this one act:
    the two agree on the smaller of what they say. DomainError: the limit is out of bounds, the
    organisation is closed.
    """
    authorize(policies.can_manage(actor))
    _check_limit(peer_id, minutes)
    open_ledger(actor)
    # A new author is a row of the register's own: taken before the lock, never under it.
    operator_of(actor)
    mirror = _lock_mirror(peer_id)
    if mirror.ours_minutes == minutes and (minutes or mirror.state != MirrorState.RECEIVED):
        return mirror
    mirror.ours_minutes = minutes
    mirror.sent_version += 1
    deliver(peer_id, LIMIT, require_tenant_id(), {"minutes": minutes}, version=mirror.sent_version)
    _open_if_agreed(actor, mirror)
    mirror.settle(minutes, by_us=True)
    record(actor, TOLD[MirrorState(mirror.state)], get_tenant(peer_id), minutes=minutes)
    return mirror


def resume(actor: Actor, peer_id: uuid.UUID) -> Mirror:
    """Say again the limit that held before we suspended. DomainError: nothing was ever agreed."""
    mirror = get_pair(peer_id).mirror
    if mirror.limit_minutes is None:
        raise DomainError("Vous n’avez pas encore d’accord. Proposez une limite.")
    return say_limit(actor, peer_id, mirror.limit_minutes)


def receive_limit(delivery_id: uuid.UUID) -> None:
    """In the reader's space: another organisation said how far it would go. The latest letter wins."""
    letter = get_letter(delivery_id)
    minutes = letter.payload.get("minutes")
    if not _is_limit(minutes):
        return
    mirror = _lock_mirror(letter.sender_id)
    if mirror.seen_version >= letter.version:
        return
    mirror.theirs_minutes, mirror.seen_version = minutes, letter.version
    _open_if_agreed(None, mirror)
    mirror.settle(minutes, by_us=False)
    peer = Actor(require_tenant_id(), get_tenant(letter.sender_id).name)
    here = get_tenant(require_tenant_id())
    record(peer, TOLD[MirrorState(mirror.state)], here, minutes=minutes)


def record_received_help(actor: Actor, help_: ReceivedHelp) -> str:
    """Note it in both registers at once: `posted`, or `exists`. LedgerRefusal: see ledger.SENTENCES.

    Only the side that received can: nobody takes hours from another organisation's member.
    """
    authorize(policies.can_act_for(actor, help_.receiver))
    status: str = call(
        "ledger_post_clearing",
        p_id=help_.id,
        p_debit=help_.receiver,
        p_peer=help_.peer_id,
        p_code=read_code(help_.code),
        p_minutes=help_.minutes,
        p_on=help_.happened_on,
        p_operator=operator_of(actor),
        p_starts=help_.starts_at,
    )
    return status


def reverse_visit(actor: Actor, transfer_id: uuid.UUID, reason: str) -> str:
    """Undo an exchange with another organisation, in both registers: `posted`, or `exists`.

    Either team may for 72 hours, and whoever gave or received; after that, only the team of whoever gave. The
    other team reads `reason`.
    """
    authorize(may_correct(actor, get_visit(transfer_id).transfer))
    status: str = call(
        "ledger_reverse_clearing",
        p_reverses=transfer_id,
        p_reason=reason,
        p_operator=operator_of(actor),
    )
    return status


def read_code(text: str) -> str:
    """A visitor's code as it is kept, whatever its case and spaces. DomainError: it cannot be one."""
    code = "".join(text.upper().split()).replace("-", "")
    if len(code) != CODE_LENGTH or not set(code) <= set(LETTERS):
        raise DomainError(
            "Ce code n’est pas bon. Il compte 8 lettres ou chiffres, sans 0, 1, I ni O."
        )
    return code


def _check_limit(peer_id: uuid.UUID, minutes: int | None) -> None:
    peer = get_tenant(peer_id)
    if peer.id == require_tenant_id():
        raise DomainError("Choisissez une autre organisation que la vôtre.")
    if minutes is not None and peer.archived_at:
        raise DomainError("Cette organisation a fermé son espace.")
    if not _is_limit(minutes):
        raise DomainError("Choisissez une limite entre 1 h et 1 000 h.")


def _is_limit(minutes: object) -> bool:
    if minutes is None:
        return True
    return type(minutes) is int and LOWEST <= minutes <= HIGHEST


def _lock_mirror(peer_id: uuid.UUID) -> Mirror:
    values = {"tenant_id": require_tenant_id(), "peer_id": peer_id}
    defaults = {"state": MirrorState.DECLINED, "sent_version": 0, "seen_version": 0}
    statement = insert(Mirror).values(**values, **defaults)
    db.session.execute(statement.on_conflict_do_nothing())
    mirror = find_mirror(peer_id, lock=True)
    assert mirror is not None  # noqa: S101 written just above
    return mirror


def _open_if_agreed(actor: Actor | None, mirror: Mirror) -> None:
    """Give the agreement its account, and that account its limits."""
    limit = mirror.common_minutes
    if limit is None:
        return
    operator = operator_of(actor)
    if mirror.account_no is None:
        mirror.account_no = _open_mirror(mirror.peer_id, limit, operator)
    elif limit != mirror.limit_minutes:
        call(
            "ledger_set_limits",
            p_account=mirror.account_no,
            p_floor=-limit,
            p_ceiling=limit,
            p_own=True,
            p_reason="",
            p_operator=operator,
        )


def _open_mirror(peer_id: uuid.UUID, limit: int, operator: int) -> int:
    peer = get_tenant(peer_id)
    # Under this author, the other organisation writes its halves here.
    call("ledger_operator", p_kind="system", p_subject=peer_id, p_name=peer.short_name)
    number: int = call(
        "ledger_open_account",
        p_kind=AccountKind.MIRROR.value,
        p_label=peer.short_name,
        p_bulle=None,
        p_floor=-limit,
        p_ceiling=limit,
        p_pseudonym=make_pseudonym(),
        p_operator=operator,
    )
    return number
