"""What is missing on the machine is said in one French sentence; what stands is not done again."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from launcher import machine, memory
from launcher.errors import LaunchError
from launcher.memory import Memory

SETUP = Path(__file__).parents[2] / "bin" / "setup"


def test_a_second_demonstration_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with (
        machine.alone(folder),
        pytest.raises(LaunchError, match="tourne déjà"),
        machine.alone(folder),
    ):
        pytest.fail("two demonstrations at once")
    with machine.alone(folder):
        pass  # once the first has ended, another may begin


def test_a_full_disk_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=12 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(LaunchError, match="Il reste 12 Mo"):
        machine.check_space(tmp_path)


def test_a_taken_port_is_named_and_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(machine, "SITE_PORTS", range(port, port + 20))
        assert machine.free_site_port() in range(port + 1, port + 20)
    assert f"Le port {port} est pris" in capsys.readouterr().out


def test_no_port_at_all_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(machine, "SITE_PORTS", range(port, port + 1))
        with pytest.raises(LaunchError, match="sont pris"):
            machine.free_site_port()


def test_memory_lasts_until_a_source_or_a_server_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "PROJECT", tmp_path)
    source = tmp_path / "package-lock.json"
    source.write_text("1")
    kept = Memory(tmp_path / "memory.json", given={})
    assert kept.recall() == ""
    kept.keep("Convention signée")
    assert kept.recall() == "Convention signée"
    assert Memory(kept.path, given={"REDIS_URL": "redis://elsewhere"}).recall() == ""
    source.write_text("2")
    assert kept.recall() == ""


def test_setup_refuses_an_old_python_in_plain_words(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 1\necho Python 3.9.2\n')
    old.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    ended = subprocess.run(
        [SETUP], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == (
        "Il faut Python 3.11, 3.12 ou 3.13 ; cette machine a Python 3.9.2."
    )
