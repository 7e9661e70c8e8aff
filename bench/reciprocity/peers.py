"""Ours from Python beside django-hordak and the ORM: 8 processes each, the same driver for all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from bench.reciprocity.ground import PROJECT, VAR, Ground
from bench.reciprocity.rounds import CLIENTS, Contender, Measure, compare, take_turns

HORDAK = ("django-hordak==2.0.0", "Django==5.2.19", "psycopg[binary]==3.3.9")
CLIENT_FILES = Path(__file__).parent / "clients"
RATIO = 10
"""How many times faster than either, from the same Python."""


def measure(ground: Ground) -> list[Measure]:
    """Needs the register `hours`; its copy for the ORM has no row security, and grants."""
    ground.create("called", template="hours")
    ground.create("orm", template="hours")
    ground.run("orm", OPEN)
    ground.create("hordak")
    hordak = [install_hordak(), str(CLIENT_FILES / "hordak_client.py")]
    owner = ground.entry("hordak", "bulles_owner")
    subprocess.run([*hordak, "prepare"], env=os.environ | owner, check=True)
    ours = [sys.executable, "-m", "bench.reciprocity.clients.function_client"]
    orm = [sys.executable, "-m", "bench.reciprocity.clients.orm_client"]
    with ExitStack() as stack:
        speeds = take_turns(
            {
                "function": stack.enter_context(processes(ours, ground.entry("called"))),
                "orm": stack.enter_context(processes(orm, ground.entry("orm"))),
                "hordak": stack.enter_context(processes(hordak, owner)),
            }
        )
    return [
        compare("django-hordak 2.0.0, 8 processes", speeds, "function", "hordak", RATIO),
        compare("our tables through the ORM, 8 processes", speeds, "function", "orm", RATIO),
    ]


@contextmanager
def processes(command: Sequence[str], entry: Mapping[str, str]) -> Iterator[Contender]:
    """8 processes that wait for their rounds; they end with the block."""
    started = [
        subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | dict(entry), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(CLIENTS)
    ]  # fmt: skip
    for process in started:
        assert _pipe(process.stdout).readline() == "ready\n", f"{command} did not start"

    def run(seconds: int) -> float:
        for process in started:
            _pipe(process.stdin).write(f"{seconds}\n")
        return sum(int(_pipe(process.stdout).readline()) for process in started) / seconds

    try:
        yield run
    finally:
        for process in started:
            _pipe(process.stdin).close()
            process.wait()


def install_hordak() -> str:
    """Its Python, in an environment of its own under var/bench, made once."""
    home = VAR / "hordak"
    python = str(home / "bin" / "python")
    done = home / "installed"
    if not done.exists() or done.read_text() != " ".join(HORDAK):
        uv = shutil.which("uv") or str(PROJECT / "var" / "setup" / "uv" / "bin" / "uv")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, home], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", python, *HORDAK], check=True)
        done.write_text(" ".join(HORDAK))
    return python


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


OPEN = """
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['accounts', 'transfers', 'entries'] LOOP
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO bulles_app', name);
  END LOOP;
END $$
"""
