"""The examination of a stranger's file, in a child process that cannot harm the others.

The children are forked from a server started once, before any thread, with pyHanko loaded.
"""

from __future__ import annotations

import multiprocessing
import resource
from dataclasses import replace
from multiprocessing.connection import Connection

from app.core.verification.examination import embedded_json, examine
from app.core.verification.reading import DEFAULT_LIMITS, Limits
from app.core.verification.report import Report
from app.core.verification.trust import Trust

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


def verify(pdf: bytes, trust: Trust, limits: Limits = DEFAULT_LIMITS) -> Report:
    """What `pdf` is worth to who shares `trust`, within `limits`; never raises for it."""
    if len(pdf) > limits.size:
        return Report("unreadable", "too_large")
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    child = _CONTEXT.Process(target=_work, args=(theirs, pdf, trust, limits), daemon=True)
    child.start()
    theirs.close()
    try:
        return _receive(ours, limits)
    finally:
        child.kill()
        child.join()
        child.close()
        ours.close()


def _receive(results: Connection, limits: Limits) -> Report:
    try:
        if results.poll(limits.patience):
            report: Report = results.recv()
            return report
    except EOFError:
        pass  # killed by its limits
    return Report("unreadable", "too_complex")


def _work(results: Connection, pdf: bytes, trust: Trust, limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    report = examine(pdf, trust, limits)
    results.send(replace(report, attachment=_attachment(pdf, report, limits)))


def _attachment(pdf: bytes, report: Report, limits: Limits) -> bytes | None:
    if report.status == "unreadable":
        return None
    try:
        found = embedded_json(pdf, limits)
    except Exception:
        return None  # as in examine(): a stranger's file can make the parsers fail anyhow
    return found if found is not None and len(found) <= limits.attachment else None
