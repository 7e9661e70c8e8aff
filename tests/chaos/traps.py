"""Run a process of the application in which a test can set traps.

    TRAPS=/folder ROLE=worker python -m tests.chaos.traps worker.main

A trap is a file of that folder, named after a role and a point of the code: `worker-before-seal`. It
says how many passages to let through, then whom to kill with -9: `self`, `parent`, or a process.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import request

import app.web
from app.conventions.commands import signing
from app.core import jobs
from app.core.gateways.mail import FolderMail
from app.core.gateways.signature import SignatureService
from app.core.gateways.storage import FolderStorage

Function = Callable[..., Any]


def reach(point: str) -> None:
    """Kill the victims of the trap set for this point, if there is one and its turn has come."""
    trap = Path(os.environ["TRAPS"]) / f"{os.environ['ROLE']}-{point}"
    if not trap.exists():
        return
    passages, *victims = trap.read_text().split()
    if passages != "0":
        trap.write_text(" ".join((str(int(passages) - 1), *victims)))
        return
    trap.rename(trap.with_suffix(".sprung"))
    known = {"self": os.getpid(), "parent": os.getppid()}
    for victim in victims:
        os.kill(known.get(victim) or int(victim), signal.SIGKILL)


def trapped(function: Function, name: str) -> Function:
    """The function with a point before it and a point after it."""

    def around(*arguments: Any, **options: Any) -> Any:
        reach(f"before-{name}")
        result = function(*arguments, **options)
        reach(f"after-{name}")
        return result

    return around


def trapped_commit(function: Function) -> Function:
    """The commit of a request, whose points only the POST of a signature reaches."""
    signature = trapped(function, "commit")

    def around(response: Any) -> Any:
        return (signature if request.endpoint == "signing.create" else function)(response)

    return around


def set_points() -> None:
    """Name the points of the journey."""
    for name, function in jobs.JOBS.items():
        jobs.JOBS[name] = trapped(function, name.split(".")[1])
    app.web._commit = trapped_commit(app.web._commit)
    for owner, method, name in (
        (jobs, "_push", "push"),
        (signing, "render_convention", "render"),
        (SignatureService, "sign", "sign"),
        (SignatureService, "seal", "seal"),
        (FolderStorage, "put", "put"),
        (FolderMail, "send", "mail"),
    ):
        setattr(owner, method, trapped(getattr(owner, method), name))


if __name__ == "__main__":
    set_points()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
