"""Keeps the processes of the demonstration alive, and leaves none behind."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a process that fell is started again
STEADY_AFTER = 60.0  # seconds of life after which a fall is a new accident, not the same one
STOP_PATIENCE = 15.0  # seconds to finish the work in hand
LAST_PATIENCE = 2.0  # seconds to give it up


@dataclass
class Child:
    """One process, started again when it falls; what it says goes to `log`."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str]
    falls: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _started_at: float = 0.0
    _due_at: float = 0.0

    def start(self) -> None:
        """Start the process in a group of its own, so that Ctrl-C reaches the supervisor alone."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_dies_with_us(), *self.command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started_at = time.monotonic()

    def watch(self) -> None:
        """Start the process again if it fell, after a pause that doubles at each fall."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._due_at:
                self.start()
        elif self._process.poll() is not None:
            self._process = None
            self.falls = 1 if now - self._started_at > STEADY_AFTER else self.falls + 1
            self._due_at = now + min(FIRST_PAUSE * 2 ** (self.falls - 1), LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        """Ask the process to finish what it has in hand."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for the process until `deadline`, then end whatever is left of its group."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.ask_to_stop()  # the second time an RQ worker gives up its job and its child
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(LAST_PATIENCE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


def stop_all(children: list[Child]) -> None:
    """Stop every process, all of them at the same time."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_PATIENCE
    for child in children:
        child.end(deadline)


def last_line(log: Path) -> str:
    """Return the last line of a log that says something."""
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _dies_with_us() -> list[str]:
    """Prefix a command so that the kernel ends it if the supervisor is killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
