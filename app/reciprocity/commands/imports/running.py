"""The life of a file: brought, tried, accepted, taken in whole or refused whole, forgotten."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.core.audit import record
from app.core.clock import now
from app.core.db import db, new_id, require_tenant_id
from app.core.errors import DomainError
from app.core.jobs import later
from app.core.permissions import Actor, authorize
from app.reciprocity import policies
from app.reciprocity.commands.imports.columns import Cells, match_columns, name_cells
from app.reciprocity.commands.imports.exchanges import ExchangesImport, LineRefusal
from app.reciprocity.commands.imports.members import MembersImport
from app.reciprocity.commands.imports.offers import OffersImport
from app.reciprocity.commands.imports.table import Row, decode, read_rows
from app.reciprocity.commands.imports.trial import Trial
from app.reciprocity.models import ImportRun
from app.reciprocity.queries.imports import find_unfinished, get_run, list_old_runs

KEPT = timedelta(days=30)
"""How long a file that nobody took in is kept, and the report of any: they name people."""
SAMPLES = 5
HEADER_LINE = 1


TRIALS: dict[str, type[Trial[Any]]] = {
    "members": MembersImport,
    "offers": OffersImport,
    "exchanges": ExchangesImport,
}


@dataclass(frozen=True)
class Upload:
    """A file as a person brings it. `bulle_id`: where new members go; `category_id`: where offers go whose
    theme is not ours."""

    kind: str
    source: str
    file_name: str
    content: bytes
    bulle_id: uuid.UUID | None = None
    category_id: uuid.UUID | None = None


def start_import(actor: Actor, upload: Upload) -> ImportRun:
    """Keep a file and have it tried. The same file, brought again before it is taken in, is tried again.

    DomainError: it is not text.
    """
    authorize(policies.can_manage(actor))
    text = decode(upload.content)
    sha256 = hashlib.sha256(upload.content).hexdigest()
    run = find_unfinished(upload.kind, upload.source, sha256)
    if run is None:
        run = ImportRun(
            id=new_id(),
            kind=upload.kind,
            source=upload.source,
            sha256=sha256,
            created_by=actor.name,
        )
        db.session.add(run)
    run.file_name, run.content = upload.file_name, text
    run.options = {
        name: str(value)
        for name, value in (("bulle_id", upload.bulle_id), ("category_id", upload.category_id))
        if value
    }
    _queue(run)
    return run


def retry_import(actor: Actor, run_id: uuid.UUID) -> ImportRun:
    """Try the same file again: what it lacked may be here now. Once taken in, nothing happens."""
    run = get_run(run_id, lock=True)
    authorize(policies.can_manage(actor))
    if run.state in ("tried", "refused"):
        _check_kept(run)
        _queue(run)
    return run


def try_import(run_id: uuid.UUID) -> None:
    """Read the whole file against the register, and say what each line would do. Nothing is written."""
    run = get_run(run_id, lock=True)
    if run.state == "queued":
        _examine(run)


def accept_import(
    actor: Actor, run_id: uuid.UUID, *, beyond_limits: bool = False, welcome: bool = False
) -> ImportRun:
    """Have a file taken in that was tried without a fault. DomainError: it was not, or limits forbid.

    `welcome`: new members get their hours of welcome besides.
    """
    run = get_run(run_id, lock=True)
    authorize(policies.can_manage(actor))
    if run.state in ("accepted", "done"):
        return run
    if run.state != "tried":
        raise DomainError(
            "Ce fichier n’a pas été vérifié sans faute. Corrigez-le, puis renvoyez-le."
        )
    _check_kept(run)
    if not beyond_limits and any(line["status"] == "limit" for line in run.report):
        raise DomainError("Des limites seraient dépassées. Cochez la case, ou changez-les d’abord.")
    run.options = {**run.options, "beyond_limits": beyond_limits, "welcome": welcome}
    run.state = "accepted"
    later("reciprocity.carry_out_import", run_id=run.id, user_id=actor.user_id, by=actor.name)
    return run


def carry_out_import(run_id: uuid.UUID, user_id: uuid.UUID, by: str) -> None:
    """Take a file in, in one transaction: all of it, or a report that names the line that stopped it."""
    run = get_run(run_id, lock=True)
    if run.state != "accepted":
        return
    actor = Actor(require_tenant_id(), by, user_id)
    trial = _examine(run)
    if trial is None:
        return
    try:
        with db.session.begin_nested():
            trial.carry_out(actor, beyond_limits=run.options["beyond_limits"])
    except DomainError as refusal:
        line = refusal.line if isinstance(refusal, LineRefusal) else HEADER_LINE
        _refuse(run, [(line, refusal.message)])
        return
    run.state, run.content, run.finished_at = "done", None, now()
    record(actor, "import.done", run, kind=run.kind, lines=run.lines, fresh=run.fresh)


def forget_imports() -> int:
    """Erase the content of the files that nobody took in, and what reports tell of people; how many."""
    old = list_old_runs(now() - KEPT)
    for run in old:
        run.content, run.report = None, []
    return len(old)


def _queue(run: ImportRun) -> None:
    run.state, run.report, run.finished_at = "queued", [], None
    run.lines = run.fresh = run.known = run.faults = 0
    db.session.flush()
    later("reciprocity.try_import", run_id=run.id)


def _examine(run: ImportRun) -> Trial[Any] | None:
    """Read the file and write the report; the trial, None when there are faults."""
    trial = TRIALS[run.kind](run)
    try:
        run.lines = _read_all(run, trial)
    except DomainError as refusal:
        _refuse(run, [(HEADER_LINE, refusal.message)])
        return None
    run.fresh, run.known = trial.fresh, trial.known
    if trial.faults:
        _refuse(run, sorted(trial.faults))
        return None
    run.state, run.faults, run.finished_at = "tried", 0, now()
    run.report = [
        *_tell("sample", trial.samples[:SAMPLES]),
        *_tell("note", ((HEADER_LINE, sentence) for sentence in trial.notes)),
        *_tell("limit", sorted(trial.limits)),
    ]
    return trial


def _read_all(run: ImportRun, trial: Trial[Any]) -> int:
    rows = read_rows(run.content or "")
    header = next(rows, None)
    if header is None:
        raise DomainError("Ce fichier est vide.")
    names = match_columns(run.source, run.kind, header.cells)
    lines = 0
    for number, cells in _name_rows(run, header, names, rows):
        lines += 1
        try:
            trial.take(number, cells)
        except DomainError as refusal:
            trial.faults.append((number, refusal.message))
    trial.finish()
    return lines


def _name_rows(
    run: ImportRun, header: Row, names: list[str], rows: Iterable[Row]
) -> Iterable[tuple[int, Cells]]:
    # TimeOverflow's short list of offers says their kind in its header, and their theme in a row of its own.
    grouped = run.source == "timeoverflow" and run.kind == "offers" and "kind" not in names
    category = ""
    for row in rows:
        cells = name_cells(names, row.cells)
        if grouped:
            if not cells["key"]:
                category = cells["title"]
                continue
            cells |= {"kind": header.cells[1], "category": category}
        yield row.line, cells


def _refuse(run: ImportRun, faults: list[tuple[int, str]]) -> None:
    run.state, run.faults, run.finished_at = "refused", len(faults), now()
    run.report = list(_tell("error", faults))


def _tell(status: str, said: Iterable[tuple[int, str]]) -> Iterable[dict[str, Any]]:
    return ({"line": line, "status": status, "sentence": sentence} for line, sentence in said)


def _check_kept(run: ImportRun) -> None:
    if run.content is None:
        raise DomainError(
            "Ce fichier est trop ancien : nous ne l’avons plus. Envoyez-le de nouveau."
        )
