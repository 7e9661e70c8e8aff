"""The embedded servers start, attach, survive a kill -9, and leave nothing."""

import os
import signal
import socket
from pathlib import Path

import psycopg
import pytest
import redis

from launcher.errors import LaunchError
from launcher.servers import ROLE_OF_URL, Servers


def connect(servers: Servers, variable: str = "DATABASE_OWNER_URL") -> psycopg.Connection:
    url = servers.environment()[variable].replace("+psycopg", "")
    return psycopg.connect(url, autocommit=True)


def valkey(servers: Servers) -> redis.Redis:
    return redis.Redis.from_url(servers.environment()["REDIS_URL"])


@pytest.mark.parametrize(("variable", "role"), ROLE_OF_URL.items())
def test_each_address_leads_to_its_role(servers: Servers, variable: str, role: str) -> None:
    with connect(servers, variable) as connection:
        assert connection.execute("select current_user").fetchone() == (role,)


def test_no_role_can_go_round_row_security(servers: Servers) -> None:
    with servers.postgres.connect() as connection:
        roles = connection.execute(
            "select rolname from pg_roles where rolname like 'bulles%'"
            " and not (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolinherit)"
        ).fetchall()
    assert {name for (name,) in roles} == set(ROLE_OF_URL.values())


def test_only_the_owner_creates_tables(servers: Servers) -> None:
    with (
        connect(servers, "DATABASE_URL") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("create table stolen (id int)")


def test_a_wrong_password_is_refused(servers: Servers) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=servers.postgres.port, user="postgres", password="x")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=servers.valkey.port).ping()


def test_the_database_speaks_utf8_in_the_order_of_its_bytes(servers: Servers) -> None:
    with connect(servers) as connection:
        found = connection.execute(
            "select current_setting('server_encoding'), datlocprovider, datlocale"
            " from pg_database where datname = 'bulles'"
        ).fetchone()
    assert found == ("UTF8", "b", "C.UTF-8")


def test_a_block_attaches_and_leaves_alone_what_was_started_to_stay(servers: Servers) -> None:
    before = servers.postgres.pid(), servers.valkey.pid()
    with Servers(servers.var_dir, fsync=False, environ={}) as attached:
        assert attached.environment() == servers.environment()
    assert (servers.postgres.pid(), servers.valkey.pid()) == before


def test_the_last_block_that_ends_stops_the_servers(servers: Servers) -> None:
    servers.stop()
    first, last = (Servers(servers.var_dir, fsync=False, environ={}) for _ in range(2))
    with last:
        with first:
            assert servers.run()
        assert servers.run()
    assert servers.postgres.pid() is None
    assert servers.valkey.pid() is None


def test_kill_9_loses_nothing(servers: Servers) -> None:
    with connect(servers) as connection:
        connection.execute("create table kept (word text); insert into kept values ('Bulle')")
    valkey(servers).set("word", "Bulle")
    for pid in (servers.postgres.pid(), servers.valkey.pid()):
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    servers.start()
    assert valkey(servers).get("word") == b"Bulle"
    with connect(servers) as connection:
        assert connection.execute("table kept").fetchall() == [("Bulle",)]
        connection.execute("drop table kept")


def test_a_pid_file_whose_number_another_program_bears(servers: Servers) -> None:
    servers.stop()
    for pid_file in ("postgres/postmaster.pid", "valkey/valkey.pid"):
        (servers.home / pid_file).write_text(f"{os.getpid()}\n")
    servers.start()
    assert servers.run()


def test_a_taken_port_is_left_for_another(servers: Servers) -> None:
    taken = servers.postgres.port
    servers.stop()
    with socket.create_server(("127.0.0.1", taken)):
        servers.start()
    assert servers.postgres.port != taken
    assert servers.postgres.answers()


def test_databases_are_made_from_a_template_and_dropped(servers: Servers) -> None:
    url = servers.environment("worker_1")["DATABASE_URL"].replace("+psycopg", "")
    servers.postgres.create_database("worker_1", template="bulles")
    connection = psycopg.connect(url, autocommit=True)
    assert connection.execute("select current_database()").fetchone() == ("worker_1",)
    servers.postgres.drop_database("worker_1")  # someone is connected: it goes all the same
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
    connection.close()


def test_secrets_are_closed_to_others(servers: Servers) -> None:
    secrets = (servers.var_dir / "servers.json", servers.home / "valkey/valkey.conf")
    assert [path.stat().st_mode & 0o077 for path in secrets] == [0, 0]
    assert not list(servers.home.glob("*.pw"))


def test_given_addresses_win(tmp_path: Path) -> None:
    given = dict.fromkeys(ROLE_OF_URL, "postgresql+psycopg://somewhere/else")
    given["REDIS_URL"] = "redis://somewhere"
    with Servers(tmp_path, environ=given | {"HOME": "/"}) as servers:
        assert servers.environment() == given
        assert not (servers.home / "postgres").exists()
    servers.destroy()


def test_given_addresses_may_be_left_for_the_embedded_servers(tmp_path: Path) -> None:
    given = dict.fromkeys(ROLE_OF_URL, "postgresql+psycopg://somewhere/else")
    Servers(tmp_path, fsync=False, environ=given).start()
    embedded = Servers(tmp_path, fsync=False, environ={})
    embedded.start()
    assert embedded.postgres.answers()
    embedded.destroy()


def test_half_given_addresses_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="DATABASE_OWNER_URL et DATABASE_NET_URL"):
        Servers(tmp_path, environ={"DATABASE_URL": "postgresql://somewhere"})


def test_destroyed_servers_leave_nothing(tmp_path: Path) -> None:
    servers = Servers(tmp_path, fsync=False, environ={})
    servers.start()
    pids = [servers.postgres.pid(), servers.valkey.pid()]
    servers.destroy()
    assert not servers.home.exists()
    assert not [pid for pid in pids if Path(f"/proc/{pid}/cwd").exists()]
    with pytest.raises(LaunchError, match="jamais été démarrés"):
        servers.environment()
