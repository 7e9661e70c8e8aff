"""The whole house as people meet it: the site, a worker, the relay, and the demonstration inside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from app.core.gateways.mail import FolderMail
from launcher.machine import answers
from launcher.ports import free_port
from launcher.servers import Servers
from launcher.settings import demonstration_settings
from launcher.supervisor import Child, stop_all

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds
PYTHON = [sys.executable, "-m"]
Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str) -> Found:
    """What `look` finds once it finds something; AssertionError after PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(0.05)
    return found


class Site:
    """One installation in `folder`, on the suite's servers but in a database of its own."""

    def __init__(self, folder: Path, servers: Servers, database: str, redis_database: int) -> None:
        self.folder, self.servers, self.database = folder, servers, database
        self.port = free_port()
        self.environment = (
            os.environ
            | demonstration_settings(folder, self.port)
            | servers.environment(database=database, redis_database=redis_database)
        )
        self.mails = FolderMail(folder / "courrier", "")
        self.children: list[Child] = []
        self.cookies: dict[str, Any] = {}  # of who has signed in: the door counts tries

    @property
    def url(self) -> str:
        """The address of the site."""
        return f"http://localhost:{self.port}"

    def open(self) -> None:
        """Migrate an empty database, seed the network, start everything, have conventions signed."""
        self.servers.postgres.drop_database(self.database)
        self.servers.postgres.create_database(self.database)
        self.run("alembic", "upgrade", "head")
        self.demonstrate("semer")
        self.start("site", "gunicorn", "app.web:create_app()", "--bind", f"127.0.0.1:{self.port}",
                   "--threads", "8")  # fmt: skip
        self.start("worker", "worker.main")
        self.start("relay", "worker.relay")
        until(lambda: answers(f"{self.url}/pret"), "the site answers")
        self.demonstrate("jouer")

    def close(self) -> None:
        """Stop everything."""
        stop_all(self.children)

    def run(self, *command: str) -> None:
        """Run a module to its end."""
        subprocess.run(
            [*PYTHON, *command], cwd=PROJECT, env=self.environment, check=True, capture_output=True
        )

    def demonstrate(self, command: str) -> None:
        """Run a command of the demonstration."""
        self.run("flask", "--app", "app.web:create_app", "demonstration", command)

    def start(self, name: str, *command: str) -> None:
        """Start a process that stays."""
        log = self.folder / f"{name}.log"
        self.children.append(Child(name, [*PYTHON, *command], log, self.environment))
        self.children[-1].start()

    def letter(self, to: str, subject: str, about: str = "") -> str:
        """The newest mail to a person whose subject begins so, once it is there."""

        def look() -> str:
            for _, message in self.mails.read():
                body = message.get_body(("plain",))
                text = body.get_content() if body else ""
                if message["To"] == to and message["Subject"].startswith(subject) and about in text:
                    return str(text)
            return ""

        return until(look, f"« {subject} » to {to}")

    def signing_link(self, to: str, title: str) -> str:
        """The personal link that a signatory received for a convention."""
        found = re.search(r"http://\S+/signature/\S+", self.letter(to, "À signer", title))
        assert found, "no link in the letter"
        return found[0]

    def signing_code(self, to: str, title: str) -> str:
        """The last code that a signatory received for a convention."""
        found = re.search(r"(\d{3}) (\d{3})", self.letter(to, "Votre code pour signer", title))
        assert found, "no code in the letter"
        return found[1] + found[2]
