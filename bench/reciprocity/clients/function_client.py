"""Our posting function, called by psycopg: one statement, one round trip."""

from __future__ import annotations

import psycopg

from bench.reciprocity.clients.turns import serve
from bench.reciprocity.ground import ACCOUNTS, FIRST

POST = "SELECT ledger_post_exchange(uuidv7(), %s::int, %s::int, 60, current_date, 1)"


def main() -> None:
    """Enter the database that the environment names."""
    with psycopg.connect(autocommit=True, prepare_threshold=0) as connection:
        cursor = connection.cursor()
        serve(lambda debit, credit: cursor.execute(POST, [debit, credit]), FIRST, ACCOUNTS)


if __name__ == "__main__":
    main()
