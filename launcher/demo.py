"""The demonstration: servers, schema, network, site, and one convention signed from end to end."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from launcher.errors import LaunchError
from launcher.ports import is_free
from launcher.servers import Servers
from launcher.settings import demonstration_settings
from launcher.supervisor import Child, last_line, stop_all

STEPS = 5
PORTS = range(5000, 5050)
LEAST_SPACE = 300 * 2**20  # bytes
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
    document: str = ""
    steps_done: int = 0

    def prepare(self) -> None:
        """Start all there is, and have one convention signed; raise LaunchError at a failure."""
        self._say("Serveurs de données (PostgreSQL, Valkey)")
        self.servers.start()
        self.environment = self._environment()
        self._say("Schéma de la base")
        self._run("migration", [*PYTHON_MODULE, "alembic", "upgrade", "head"])
        self._say("Réseau de démonstration")
        self._run("semis", [*FLASK, "semer"])
        self._say("Site, travaux et relais")
        self._start_children()
        self._wait_until_ready()
        self._say("Signature d’une convention, jusqu’au PDF scellé")
        self.document = self._run("signature", [*FLASK, "jouer"]).splitlines()[-1]

    def present(self) -> None:
        """Print the address, the logins and the signed document."""
        print(f"\nSite : {self.environment['PUBLIC_URL']}\n")
        print(self._run("acces", [*FLASK, "acces"]).strip())
        print(f"\nConvention signée : {self.document}", flush=True)

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

    def _say(self, step: str) -> None:
        self.steps_done += 1
        print(f"{self.steps_done}/{STEPS} {step}", flush=True)

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

    def _start_children(self) -> None:
        options = ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4"]
        commands = {
            "site": ["gunicorn", "app.web:create_app()", *options],
            "travaux": ["worker.main"],
            "relais": ["worker.relay"],
        }
        if self.reload:
            commands["site"].append("--reload")
        for name, command in commands.items():
            child = Child(name, [*PYTHON_MODULE, *command], self._log(name), self.environment)
            self.children.append(child)
            child.start()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_PATIENCE
        while not _answers(f"http://127.0.0.1:{self.port}/pret"):
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
    with _alone(var_dir):
        if reset:
            _clear(var_dir)
        _check_space(var_dir)
        demonstration = Demonstration(var_dir, _port(), reload, Servers(var_dir))
        return _run_until_interrupted(demonstration, check=check)


def _run_until_interrupted(demonstration: Demonstration, *, check: bool) -> int:
    # What ends a terminal or a service ends like Ctrl-C: everything is stopped, in order.
    for number in ENDINGS:
        signal.signal(number, signal.default_int_handler)
    proven = False
    try:
        demonstration.prepare()
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


@contextmanager
def _alone(var_dir: Path) -> Iterator[None]:
    """Refuse a second demonstration in the same folder."""
    with (var_dir.parent / f"{var_dir.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError(
                "Une démonstration tourne déjà ici. Arrêtez-la d’abord : Ctrl-C dans sa fenêtre."
            ) from None
        yield


def _clear(var_dir: Path) -> None:
    Servers(var_dir, environ={}).destroy()
    shutil.rmtree(var_dir)
    var_dir.mkdir()


def _check_space(var_dir: Path) -> None:
    free = shutil.disk_usage(var_dir).free
    if free < LEAST_SPACE:
        raise LaunchError(
            f"Il reste {free // 2**20} Mo sur le disque ; il en faut {LEAST_SPACE // 2**20}. "
            "Libérez de la place, puis relancez la commande."
        )


def _port() -> int:
    for port in PORTS:
        if is_free(port):
            return port
        print(f"Le port {port} est pris par un autre programme, nous essayons le suivant.")
    raise LaunchError(f"Les ports {PORTS.start} à {PORTS.stop - 1} sont pris. Libérez-en un.")


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:  # refused, too slow, or a 503: not ready yet
        return False


def _failure(log: Path) -> LaunchError:
    return LaunchError(
        f"L’étape « {log.stem} » a échoué : {last_line(log)}\nLe détail est dans {log}."
    )
