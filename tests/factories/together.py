"""People who act at the same moment: each in a thread, a session and a transaction of their own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask

from app.core.db import db, tenant_context

Result = TypeVar("Result")
PATIENCE = 60  # seconds: a slow machine is no fault


class Someone:
    """One who has acted, and whose transaction is still open: `commit` or `abandon` it."""

    def __init__(self, result: Any, decide: Callable[[bool], None]) -> None:
        self.result = result
        self._decide = decide

    def commit(self) -> None:
        """Let them commit, and wait until it is done."""
        self._decide(True)

    def abandon(self) -> None:
        """Let them roll back, and wait until it is done."""
        self._decide(False)


class Crowd:
    """Several sessions at once, for one organisation."""

    def __init__(self, app: Flask, tenant_id: uuid.UUID, pool: ThreadPoolExecutor) -> None:
        self.app, self.tenant_id, self.pool = app, tenant_id, pool

    def do(self, act: Callable[[], Result]) -> Result:
        """Someone acts and commits."""
        return self.start(act).result(PATIENCE)

    def start(self, act: Callable[[], Result]) -> Future[Result]:
        """Someone begins to act, and will commit."""
        return self.pool.submit(self._run, act)

    def waits(self, *going: Future[Any]) -> bool:
        """Whether all of these come to wait for a lock that another holds; False once one is done."""
        looked = sa.text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while not any(one.done() for one in going):
            # Each time a transaction of its own: one sees the sessions as they were at its first look.
            with db.engine.connect() as connection:
                if (connection.scalar(looked) or 0) >= len(going):
                    return True
        return False

    def hold(self, act: Callable[[], Any]) -> Someone:
        """Someone acts and does not commit yet."""
        acted, decided = Future[Any](), Future[bool]()

        def wait() -> None:
            try:
                acted.set_result(act())
            except Exception as refusal:
                acted.set_exception(refusal)
                raise
            if not decided.result(PATIENCE):
                db.session.rollback()

        ending = self.pool.submit(self._run, wait)

        def decide(commit: bool) -> None:
            decided.set_result(commit)
            ending.result(PATIENCE)

        return Someone(acted.result(PATIENCE), decide)

    def _run(self, act: Callable[[], Result]) -> Result:
        with self.app.app_context(), tenant_context(self.tenant_id):
            result = act()
            db.session.commit()
            return result


@contextmanager
def crowd(app: Flask, tenant_id: uuid.UUID) -> Iterator[Crowd]:
    """Sessions that really commit: `app` is the fixture `real`."""
    with ThreadPoolExecutor(8, "someone") as pool:
        yield Crowd(app, tenant_id, pool)
