"""The demonstration: servers, schema, network, site, and one convention signed from end to end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from launcher.errors import LaunchError
from launcher.machine import alone, answers, check_space, free_site_port
from launcher.memory import Memory
from launcher.servers import Servers
from launcher.settings import demonstration_settings
from launcher.supervisor import Child, last_line, stop_all

SHORT_STEPS = ("Serveurs de données (PostgreSQL, Valkey)", "Site, travaux et relais")
STEPS = (
    "Serveurs de données (PostgreSQL, Valkey)",
    "Schéma de la base",
    "Réseau de démonstration",
    "Site, travaux et relais",
    "Signature d’une convention, jusqu’au PDF scellé",
)
READY_PATIENCE = 60.0  # seconds
FALLS_ALLOWED = 3  # before the site answers; afterwards a process is started again without end
WATCH_EVERY = 1.0  # seconds
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130  # the shell's code for Ctrl-C

PYTHON_MODULE = [sys.executable, "-m"]
FLASK = [*PYTHON_MODULE, "flask", "--app", "app.web:create_app", "demonstration"]


@dataclass
class Demonstration:
    """One demonstration, whose every file is in `var_dir`; `reload` is for a developer."""

    var_dir: Path
    port: int
    reload: bool
    servers: Servers
    environment: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    presentation: str = ""
    steps: Iterator[str] = field(init=False)

    def prepare(self, *, prove: bool) -> None:
        """Start all there is, and have one convention signed; raise LaunchError at a failure.

        What the last run did and nothing changed since is not done again, unless to `prove` it.
        """
        memory = Memory(self.var_dir / "presentation.json", self.servers.given)
        self.presentation = "" if prove else memory.recall()
        self.steps = _numbered(SHORT_STEPS if self.presentation else STEPS)
        self._next_step()
        self.servers.start()
        self.environment = self._environment()
        if self.presentation:
            self._serve()
        else:
            self.presentation = self._play()
            memory.keep(self.presentation)

    def present(self) -> None:
        """Print the address, the logins and the signed document."""
        print(f"\nSite : {self.environment['PUBLIC_URL']}\n\n{self.presentation}", flush=True)

    def watch(self) -> None:
        """Keep everything alive until interrupted."""
        while True:
            time.sleep(WATCH_EVERY)
            for child in self.children:
                child.watch()
            try:
                if not self.servers.run():
                    self.servers.start()
            except LaunchError as error:
                print(error, file=sys.stderr)

    def stop(self) -> None:
        """Stop all that was started, the processes first; no signal cuts this short."""
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        stop_all(self.children)
        self.servers.stop()

    def _next_step(self) -> None:
        print(next(self.steps), flush=True)

    def _play(self) -> str:
        """Make the network, then the convention that its parties sign; return what to tell."""
        self._next_step()
        self._run("migration", [*PYTHON_MODULE, "alembic", "upgrade", "head"])
        self._next_step()
        self._run("semis", [*FLASK, "semer"])
        self._serve()
        self._next_step()
        document = self._run("signature", [*FLASK, "jouer"]).splitlines()[-1]
        access = self._run("acces", [*FLASK, "acces"]).strip()
        return f"{access}\n\nConvention signée : {document}"

    def _environment(self) -> dict[str, str]:
        settings = demonstration_settings(self.var_dir, self.port)
        debug = {"FLASK_DEBUG": "1"} if self.reload else {}
        return {**os.environ, **settings, **self.servers.environment(), **debug}

    def _log(self, name: str) -> Path:
        folder = self.var_dir / "journaux"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}.log"

    def _run(self, name: str, command: list[str]) -> str:
        """Run a command to its end; return what it wrote on its standard output."""
        log = self._log(name)
        with log.open("w") as stream:
            ended = subprocess.run(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
                check=False,
            )
        if ended.returncode:
            raise _failure(log)
        return ended.stdout

    def _serve(self) -> None:
        self._next_step()
        for name, command in self._commands().items():
            child = Child(name, [*PYTHON_MODULE, *command], self._log(name), self.environment)
            self.children.append(child)
            child.start()
            if name == "site":
                self._wait_until_ready()  # first, and with the whole machine for itself

    def _commands(self) -> dict[str, list[str]]:
        site = ["gunicorn", "app.web:create_app()", "--bind", f"127.0.0.1:{self.port}"]
        return {
            "site": [*site, "--threads", "8", *(["--reload"] if self.reload else [])],
            "travaux": ["worker.main"],
            "relais": ["worker.relay"],
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_PATIENCE
        while not answers(f"http://127.0.0.1:{self.port}/pret"):
            for child in self.children:
                child.watch()
                if child.falls > FALLS_ALLOWED:
                    raise _failure(child.log)
            if time.monotonic() > deadline:
                raise _failure(self._log("site"))
            time.sleep(0.1)


def run_demonstration(var_dir: Path, *, reset: bool, check: bool, reload: bool) -> int:
    """Run the demonstration until interrupted, or until it is proven when `check`.

    Return the exit code: 0 when it ran; raise LaunchError when something failed.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    with alone(var_dir):
        if reset:
            _clear(var_dir)
        check_space(var_dir)
        demonstration = Demonstration(var_dir, free_site_port(), reload, Servers(var_dir))
        return _run_until_interrupted(demonstration, check=check)


def _run_until_interrupted(demonstration: Demonstration, *, check: bool) -> int:
    # What ends a terminal or a service ends like Ctrl-C: everything is stopped, in order.
    for number in ENDINGS:
        signal.signal(number, signal.default_int_handler)
    proven = False
    try:
        demonstration.prepare(prove=check)
        demonstration.present()
        proven = True
        if check:
            print("\nLa démonstration fonctionne.")
        else:
            print("\nCtrl-C pour tout arrêter.", flush=True)
            demonstration.watch()
    except KeyboardInterrupt:
        print("\nArrêt en cours…", flush=True)
    finally:
        demonstration.stop()
    return 0 if proven else INTERRUPTED


def _clear(var_dir: Path) -> None:
    Servers(var_dir, environ={}).destroy()
    shutil.rmtree(var_dir)
    var_dir.mkdir()


def _numbered(steps: tuple[str, ...]) -> Iterator[str]:
    return (f"{number}/{len(steps)} {step}" for number, step in enumerate(steps, start=1))


def _failure(log: Path) -> LaunchError:
    return LaunchError(
        f"L’étape « {log.stem} » a échoué : {last_line(log)}\nLe détail est dans {log}."
    )
