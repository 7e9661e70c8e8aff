"""The register checked whole: every line replayed, every total made again, every seal recomputed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.clock import now
from app.core.db import ReadAs, db, one_instant, require_tenant_id
from app.core.gateways.storage import Damaged
from app.core.jobs import later
from app.core.permissions import Actor, authorize
from app.core.services import authority, storage
from app.core.verification import Trust, examine_detached
from app.reciprocity import policies
from app.reciprocity.models import GENESIS, LedgerCheck, Seal
from app.reciprocity.models.chain import seal_root, seal_text
from app.reciprocity.models.faults import Fault
from app.reciprocity.queries.accounts import find_ledger
from app.reciprocity.queries.pairs import compare_pairs
from app.reciprocity.queries.proof import (
    CHECK_JOB,
    Size,
    find_unfinished_check,
    measure,
    read_seals,
    stream_sealed_heads,
)
from app.reciprocity.queries.replay import Groups, replay
from app.reciprocity.queries.set_checks import run_checks

MOST = 1_000
"""Faults kept of one check."""
PATIENCE = timedelta(days=7)
"""How long a seal may wait for its timestamp before that is a fault."""


@dataclass
class Findings:
    """What was read of a register, and what does not hold in it."""

    size: Size
    started_at: datetime
    finished_at: datetime = field(default_factory=now)
    faults: list[Fault] = field(default_factory=list)


def _nowhere(lines: int) -> None:
    """Progress that nobody watches."""


def ask_check(actor: Actor) -> None:
    """Have the register checked now, in the background; once, however often it is asked for meanwhile."""
    authorize(policies.can_record(actor))
    unfinished = find_unfinished_check()
    if unfinished is None or unfinished.failed_at:
        later(CHECK_JOB)


def check_register() -> LedgerCheck | None:
    """Check the current organisation's register and write down the outcome; None when it has no register.

    ServiceUnavailable: the store of documents does not answer, so seals cannot be checked.
    """
    if find_ledger() is None:
        return None
    tenant_id = require_tenant_id()
    with one_instant() as read_as:
        findings = examine_register(read_as, tenant_id)
    check = LedgerCheck(
        started_at=findings.started_at,
        finished_at=findings.finished_at,
        faults=[fault.as_row() for fault in findings.faults],
        **vars(findings.size),
    )
    db.session.add(check)
    return check


def examine_register(
    read_as: ReadAs, tenant_id: uuid.UUID, progress: Callable[[int], None] = _nowhere
) -> Findings:
    """Check a tenant's register, alone then against its neighbours', at one instant. Nothing is written.

    `progress` is told how many lines were replayed since the last time.
    """
    started_at, connection = now(), read_as(tenant_id)
    faults = _first(
        MOST,
        replay(connection, tenant_id, progress),
        run_checks(connection, tenant_id),
        examine_seals(connection, tenant_id),
        compare_pairs(read_as, tenant_id),
    )
    return Findings(measure(read_as(tenant_id), tenant_id), started_at, now(), faults)


def examine_seals(connection: sa.Connection, tenant_id: uuid.UUID) -> Iterator[Fault]:
    """What does not hold in the seals of a tenant: a number missing, a root, a signature."""
    trust = Trust.of(authority())
    previous, expected = GENESIS, 1
    with stream_sealed_heads(connection, tenant_id) as rows:
        heads = Groups(rows)
        for seal in read_seals(connection, tenant_id):
            if seal.number != expected:
                yield Fault("seal_missing", detail=str(expected))
            elif seal_root(previous, (row[1:] for row in heads.take(seal.number))) != seal.root:
                yield Fault("seal_root_wrong", detail=str(seal.number))
            else:
                yield from _examine_signature(seal, previous, trust)
            previous, expected = seal.root, seal.number + 1


def _examine_signature(seal: Seal, previous: bytes, trust: Trust) -> Iterator[Fault]:
    if seal.signature_sha256 is None:
        if seal.sealed_at < now() - PATIENCE:
            yield Fault("seal_unsigned", detail=str(seal.number))
        return
    try:
        signature = storage().get(seal.signature_sha256)
    except KeyError:
        yield Fault("seal_signature_lost", detail=str(seal.number))
    except Damaged:
        yield Fault("seal_signature_damaged", detail=str(seal.number))
    else:
        if examine_detached(seal_text(seal, previous), signature, trust) is None:
            yield Fault("seal_signature_wrong", detail=str(seal.number))


def _first(most: int, *sources: Iterable[Fault]) -> list[Fault]:
    found: list[Fault] = []
    for source in sources:
        for fault in source:
            if len(found) == most:
                return found
            found.append(fault)
    return found
