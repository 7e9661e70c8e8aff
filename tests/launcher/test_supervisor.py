"""The supervisor starts again what falls, and leaves no process behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.supervisor import Child, last_line, stop_all

SLEEP = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(os.getpid(), flush=True); time.sleep(60)"
    ),
]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    child = Child("essai", SLEEP, tmp_path / "essai.log", os.environ)
    yield child
    stop_all([child])


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def pids(child: Child) -> list[int]:
    return [int(line) for line in child.log.read_text().split()]


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}/cwd").exists()


def test_a_fallen_process_is_started_again(child: Child) -> None:
    child.start()
    wait_for(lambda: len(pids(child)) == 1)
    os.kill(pids(child)[0], signal.SIGKILL)

    def watched_until_back() -> bool:
        child.watch()
        return len(pids(child)) == 2

    wait_for(watched_until_back)
    assert child.falls == 1


def test_a_process_that_always_falls_waits_longer_each_time(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launcher.supervisor.FIRST_PAUSE", 0.01)
    child.command = [sys.executable, "-c", "raise SystemExit(1)"]
    child.start()

    def fallen_thrice() -> bool:
        child.watch()
        return child.falls == 3

    wait_for(fallen_thrice)


def test_nothing_is_left_of_a_process_that_does_not_listen(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launcher.supervisor.STOP_PATIENCE", 0.1)
    monkeypatch.setattr("launcher.supervisor.LAST_PATIENCE", 0.1)
    child.command = DEAF
    child.start()
    wait_for(lambda: len(pids(child)) == 1)
    stop_all([child])
    assert is_gone(pids(child)[0])


def test_a_killed_supervisor_takes_its_processes_with_it(tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path; from launcher.supervisor import Child;"
        "Child('essai', sys.argv[2:], Path(sys.argv[1]), os.environ).start(); time.sleep(60)"
    )
    log = tmp_path / "essai.log"
    with subprocess.Popen([sys.executable, "-c", program, log, *SLEEP]) as supervisor:
        wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
        supervisor.kill()
    wait_for(lambda: is_gone(int(log.read_text())))


def test_the_last_line_says_what_failed(tmp_path: Path) -> None:
    log = tmp_path / "essai.log"
    log.write_text("Traceback\n  some file\nValueError: trop court\n\n")
    assert last_line(log) == "ValueError: trop court"
