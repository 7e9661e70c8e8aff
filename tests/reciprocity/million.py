"""A million transfers from eight connections at once, on a server that writes to the disk; then read again.

    python -m tests.reciprocity.million --transfers 1000000

Four registers of 250 members each. Every connection is a process of its own, which posts exchanges of random
people as fast as it is answered, one transaction each; of a hundred, two are sent again, as a telephone does
that lost its network, and one is corrected. At the end `flask reciprocite verifier` reads everything, and so
does invariants.py.
"""

# ruff: noqa: T201, S311 a report is printed; chance is not a secret
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import date
from random import Random

import psycopg
from uuid_utils.compat import uuid7

from launcher.servers import Servers
from launcher.settings import demonstration_settings
from tests.reciprocity.books import OPERATOR, PROJECT, Books, migrated
from tests.reciprocity.invariants import find_faults
from tests.reciprocity.rules import NO_LIMIT

FOLDER = PROJECT / "var" / "million"
DATABASE = "bulles_million"
REGISTERS = [uuid.UUID(int=n) for n in (1, 2, 3, 4)]
LAST = 252
"""The number of the last account: 250 members, after the organisation's and the fund."""
PROCESSES = 8
POST = "SELECT ledger_post_exchange(%s, %s, %s, %s, %s, %s)"
REVERSE = "SELECT ledger_post_reversal(%s, %s, 'Erreur', %s)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Post, read again, tell; 1 when anything does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--transfers", type=int, default=1_000_000)
    number = parser.parse_args(arguments).transfers
    with Servers(FOLDER, environ={}) as servers, migrated(servers, DATABASE) as scratch:
        environment = servers.environment(database=DATABASE)
        with closing(Books(scratch)) as books:
            for register in REGISTERS:
                open_register(books, register)
            posted = post_all(books, environment["DATABASE_URL"].replace("+psycopg", ""), number)
            verified = verify(environment)
            books.admin.execute("VACUUM ANALYZE")
            began = time.monotonic()
            faults = find_faults(books.admin)
        print(f"invariants.py: {len(faults)} faults in {time.monotonic() - began:.0f} s.")
        print(*faults, sep="\n")
    return 0 if posted and verified and not faults else 1


def open_register(books: Books, register: uuid.UUID) -> None:
    """A register whose members have no limit, so that every exchange goes through."""
    books.admin.execute(
        "INSERT INTO tenants (id, slug, kind, name, short_name, sort_key, address, postcode, city,"
        " created_at, version) VALUES (%s, %s, 'association', '', '', '', '', '', '', now(), 1)"
        " ON CONFLICT DO NOTHING",
        (register, register.hex[-6:]),
    )
    books.open_register(register)
    free = {"p_floor": -NO_LIMIT, "p_ceiling": NO_LIMIT, "p_operator": OPERATOR}
    for number in range(3, 13):
        books.post(register, "ledger_set_limits", p_account=number, p_own=True, p_reason="", **free)
    for number in range(13, LAST + 1):
        sheet = {
            "p_kind": "member",
            "p_label": None,
            "p_bulle": None,
            "p_pseudonym": f"M{number:07}",
        }
        books.post(register, "ledger_open_account", **sheet, **free)


def post_all(books: Books, url: str, number: int) -> bool:
    """Have every process post its share; whether each answer was the one to expect."""
    began = time.monotonic()
    with ProcessPoolExecutor(PROCESSES) as pool:
        shares = [
            pool.submit(post_some, url, seed, number // PROCESSES, books.today)
            for seed in range(PROCESSES)
        ]
        answers = sum((share.result() for share in shares), Counter[str]())
    took = time.monotonic() - began
    held = books.ask("SELECT count(*) FROM transfers")
    print(f"{held} transfers in {took:.0f} s: {held / took:.0f} a second. {dict(answers)}")
    return bool(answers["posted"] == held and set(answers) <= {"posted", "exists"})


def post_some(url: str, seed: int, number: int, today: date) -> Counter[str]:
    """That many transfers by one connection; the answers, counted."""
    chance, answers = Random(seed), Counter[str]()
    with psycopg.connect(url, autocommit=True, prepare_threshold=1) as connection:

        def ask(statement: str, *values: object) -> None:
            row = connection.execute(statement, values).fetchone()
            answers[row[0] if row else ""] += 1

        while answers["posted"] < number:
            if chance.random() < 0.01 or not answers["posted"]:
                register = chance.choice(REGISTERS)
                connection.execute(f"SET app.tenant_id = '{register}'")
            who = chance.sample(range(3, LAST + 1), 2)
            transfer = (uuid7(), *who, chance.randrange(15, 240, 15), today, OPERATOR)
            ask(POST, *transfer)
            again = chance.random()
            if again < 0.02:
                ask(POST, *transfer)
            elif again < 0.03:
                ask(REVERSE, uuid7(), transfer[0], OPERATOR)
    return answers


def verify(environment: dict[str, str]) -> bool:
    """Run `flask reciprocite verifier` on that database."""
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "app.web:create_app",
        "reciprocite",
        "verifier",
    ]
    settings = demonstration_settings(FOLDER, 8000) | environment
    ended = subprocess.run(command, cwd=PROJECT, env=os.environ | settings, check=False)
    print(f"flask reciprocite verifier: {ended.returncode} in {time.monotonic() - began:.0f} s.")
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
