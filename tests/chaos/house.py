"""Servers and processes of one installation: each can be killed, and is started again after a while."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import redis
from sqlalchemy.exc import OperationalError

from launcher.errors import LaunchError
from launcher.machine import answers
from launcher.ports import free_port
from launcher.servers import Servers
from launcher.settings import demonstration_settings

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds
WATCH_EVERY = 0.3  # seconds
PROCESSES = {
    "web": ["gunicorn", "app.web:create_app()", "--threads", "8", "--bind"],
    "worker": ["worker.main"],
    "relay": ["worker.relay"],
}
SERVERS = ("postgres", "valkey")
Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, patience: float = PATIENCE) -> Found:
    """What `look` finds once it finds something; AssertionError after `patience` seconds.

    A database that is down has nothing to find.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(OperationalError):
            if found := look():
                return found
        time.sleep(0.02)
    raise AssertionError(f"still waiting: {what}")


class House:
    """PostgreSQL and Valkey of its own; the site, the worker and the relay as real processes."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.settings = folder, settings
        self.port = free_port()
        self.servers = Servers(folder / "servers", environ={})
        self.traps = folder / "traps"
        self.environment: dict[str, str] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._kept: set[str] = set()
        self._closing = threading.Event()
        self._watchman = threading.Thread(target=self._watch)

    @property
    def url(self) -> str:
        """The address of the site."""
        return f"http://localhost:{self.port}"

    def open(self) -> None:
        """Start the servers and migrate."""
        self.traps.mkdir()
        self.servers.start()
        self.environment = (
            os.environ
            | demonstration_settings(self.folder, self.port)
            | self.servers.environment()
            | {"TRAPS": str(self.traps), "TRUSTED_PROXIES": "1"}
            | self.settings
        )
        alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
        subprocess.run(alembic, cwd=PROJECT, env=self.environment, check=True, capture_output=True)

    def run(self) -> None:
        """Have everything run, and started again when it falls."""
        self._kept = {*PROCESSES, *SERVERS}
        self._watchman.start()
        self.rest()

    def rest(self) -> None:
        """Wait until the site, the database and Redis answer."""
        until(lambda: answers(f"{self.url}/pret"), "everything answers")

    def close(self) -> None:
        """End everything and delete what the servers held."""
        self._closing.set()
        if self._watchman.is_alive():
            self._watchman.join()
        for name in list(self._processes):
            self.kill(name)
        self.servers.destroy()

    def kill(self, name: str) -> None:
        """Kill with -9 a server, or a process and its children."""
        if name in SERVERS:
            pids = [getattr(self.servers, name).pid()]
        else:
            process = self._processes[name]
            pids = [*children(process.pid), process.pid]
        for pid in filter(None, pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if name in PROCESSES:
            process.wait()

    def kill_horse(self) -> None:
        """Kill the worker's child, if it has one at this moment."""
        for pid in children(self._processes["worker"].pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Kill, and leave dead as long as the block lasts."""
        self._kept.discard(name)
        self.kill(name)
        try:
            yield
        finally:
            self._kept.add(name)

    @contextmanager
    def settings_of(self, name: str, **settings: str) -> Iterator[None]:
        """A process has other settings as long as the block lasts."""
        ordinary = self.environment
        self.environment = ordinary | settings
        self.kill(name)
        try:
            yield
        finally:
            self.environment = ordinary
            self.kill(name)

    def trap(self, point: str, victim: str, passages: int = 0) -> Path:
        """Set a trap for a victim; return the file that appears once it has sprung.

        Victims: `self` (at the point), `family` (its parent too), `postgres`, `valkey`.
        """
        trap = self.traps / point
        sprung, half = trap.with_suffix(".sprung"), trap.with_suffix(".half")
        sprung.unlink(missing_ok=True)
        pids = getattr(self.servers, victim).pid() if victim in SERVERS else victim
        half.write_text(f"{passages} {pids}".replace("family", "parent self"))
        half.rename(trap)
        return sprung

    def flush(self) -> None:
        """Have Valkey forget everything."""
        with redis.Redis.from_url(self.environment["REDIS_URL"]) as client:
            client.flushall()

    def _watch(self) -> None:
        while not self._closing.wait(WATCH_EVERY):
            for name in SERVERS:
                with contextlib.suppress(LaunchError):
                    if name in self._kept and not getattr(self.servers, name).pid():
                        getattr(self.servers, name).start()
            for name in PROCESSES:
                process = self._processes.get(name)
                if name in self._kept and (process is None or process.poll() is not None):
                    self._processes[name] = self._start(name)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.chaos.traps", *PROCESSES[name]]
        if name == "web":
            command.append(f"127.0.0.1:{self.port}")
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=PROJECT, env=self.environment | {"ROLE": name},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip


def children(pid: int) -> list[int]:
    """The children of a process, none when it is no more."""
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
