"""PostgreSQL and Valkey for the demonstration, the tests and a developer.

    with Servers(Path("var/demo")) as servers:
        subprocess.run(command, env=os.environ | servers.environment())

Addresses found in the environment (DATABASE_URL and its two sisters, REDIS_URL) win over the
embedded servers. Several processes may share the same servers: the first starts them, the others
attach, and the last block that ends stops them, unless `start` was called for them to stay.
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from launcher.account import server_account
from launcher.errors import LaunchError
from launcher.ports import free_port, is_free
from launcher.postgres import Postgres
from launcher.valkey import Valkey

DATABASE = "bulles"
ROLE_OF_URL = {
    "DATABASE_URL": "bulles_app",
    "DATABASE_OWNER_URL": "bulles_owner",
    "DATABASE_NET_URL": "bulles_net",
}


class Servers:
    """The two servers of one folder of var/; `fsync=False` is for tests, whose data is nothing.

    `environ` is where given addresses are looked for: `{}` to have the embedded servers anyway.
    """

    def __init__(
        self, var_dir: Path, *, fsync: bool = True, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.var_dir = var_dir.absolute()
        self.var_dir.mkdir(parents=True, exist_ok=True)
        self.account = server_account()
        self.home = self.account.home(self.var_dir)
        self.fsync = fsync
        self.given = _given_addresses(environ)
        self._use: IO[str] | None = None

    def __enter__(self) -> Self:
        with self._lock():
            self._use = (self.var_dir / "servers.users").open("w")
            fcntl.flock(self._use, fcntl.LOCK_SH)
            self._start(stay=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock():
            if self._is_last_user() and not self._state()["stay"]:
                self._stop()

    @property
    def postgres(self) -> Postgres:
        """The embedded PostgreSQL; raise LaunchError when it was never started."""
        state = self._state()
        port, password = state["postgres_port"], state["passwords"]["postgres"]
        return Postgres(self.home, self.account, port, password, self.fsync)

    @property
    def valkey(self) -> Valkey:
        """The embedded Valkey; raise LaunchError when it was never started."""
        state = self._state()
        return Valkey(self.home, self.account, state["valkey_port"], state["passwords"]["valkey"])

    def environment(self, database: str = DATABASE, redis_database: int = 0) -> dict[str, str]:
        """Return the variables that lead the application to these servers."""
        if len(self.given) == len(ROLE_OF_URL) + 1:
            return dict(self.given)
        passwords = self._state()["passwords"]
        embedded = {
            variable: self.postgres.url(role, passwords[role], database)
            for variable, role in ROLE_OF_URL.items()
        }
        return embedded | {"REDIS_URL": self.valkey.url(redis_database)} | self.given

    def start(self) -> None:
        """Start what does not run yet, wait until it answers, and have it stay."""
        with self._lock():
            self._start(stay=True)

    def stop(self) -> None:
        """Stop the embedded servers, whoever uses them."""
        with self._lock():
            self._stop()

    def run(self) -> bool:
        """Say whether every embedded server in use runs, ready or not."""
        return all(server.pid() is not None for server in self._embedded())

    def destroy(self) -> None:
        """Stop the embedded servers and delete all they hold."""
        self.stop()
        self._state_file.unlink(missing_ok=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def _start(self, *, stay: bool) -> None:
        if not self._is_created():
            self._stop()
            self._create()
        self._leave_taken_ports()
        if stay or not self.run():
            self._save(self._state() | {"stay": stay})
        for server in self._embedded():
            server.start()

    def _stop(self) -> None:
        if self._state_file.exists():
            self.valkey.stop()
            self.postgres.stop()

    def _is_last_user(self) -> bool:
        if self._use is None:
            raise RuntimeError("the block of these servers never began")
        with self._use as use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    @property
    def _state_file(self) -> Path:
        return self.var_dir / "servers.json"

    def _state(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads(self._state_file.read_text())
        except FileNotFoundError:
            raise LaunchError("Les serveurs n’ont jamais été démarrés.") from None
        return state

    def _save(self, state: dict[str, Any]) -> None:
        half = self._state_file.with_suffix(".half")
        half.touch(mode=0o600)
        half.write_text(json.dumps(state, indent=2))
        half.rename(self._state_file)

    def _embedded(self) -> list[Postgres | Valkey]:
        servers: list[Postgres | Valkey] = []
        if "DATABASE_URL" not in self.given:
            servers.append(self.postgres)
        if "REDIS_URL" not in self.given:
            servers.append(self.valkey)
        return servers

    def _is_created(self) -> bool:
        cluster = "DATABASE_URL" in self.given or (self.home / "postgres").exists()
        return cluster and self._state_file.exists()

    def _create(self) -> None:
        # Without its passwords a home left by a removed checkout is of no use to anyone.
        shutil.rmtree(self.home, ignore_errors=True)
        self.account.make_home(self.home)
        names = ("postgres", "valkey", *ROLE_OF_URL.values())
        passwords = {name: secrets.token_urlsafe(24) for name in names}
        ports = {"postgres_port": free_port(), "valkey_port": free_port()}
        state = {**ports, "passwords": passwords, "stay": False}
        if "DATABASE_URL" not in self.given:
            self._create_cluster(state)
        self._save(state)  # last: a creation cut half-way is begun again

    def _create_cluster(self, state: dict[str, Any]) -> None:
        passwords = state["passwords"]
        postgres = Postgres(
            self.home, self.account, state["postgres_port"], passwords["postgres"], self.fsync
        )
        postgres.initialise()
        postgres.start()
        postgres.create_roles({role: passwords[role] for role in ROLE_OF_URL.values()})
        postgres.create_database(DATABASE)
        postgres.stop()

    def _leave_taken_ports(self) -> None:
        state = self._state()
        for name, server in (("postgres_port", self.postgres), ("valkey_port", self.valkey)):
            ours = server.pid() is not None or server.answers()
            if not ours and not is_free(state[name]):
                state[name] = free_port()
                self._save(state)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one process at a time start or stop these servers."""
        with (self.var_dir / "servers.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _given_addresses(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of servers found in the environment; those of PostgreSQL go together."""
    names = (*ROLE_OF_URL, "REDIS_URL")
    given = {name: environ[name] for name in names if environ.get(name)}
    missing = [name for name in ROLE_OF_URL if name not in given]
    if 0 < len(missing) < len(ROLE_OF_URL):
        raise LaunchError(f"Votre PostgreSQL demande aussi l’adresse {' et '.join(missing)}.")
    return given
