"""django-hordak's own transfer between two accounts, as its documentation writes it.

Run by the Python of its own environment: `prepare` makes its tables and accounts, nothing serves rounds.
"""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings
from turns import serve

ACCOUNTS = 500
"""Its tree of accounts is slow to grow; more would not make a transfer faster."""


def enter() -> None:
    """Start Django on the database that the environment names."""
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": os.environ["PGDATABASE"],
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "mptt", "djmoney", "hordak",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DEFAULT_CURRENCY="EUR",
        USE_TZ=True,
    )  # fmt: skip
    django.setup()


def prepare() -> None:
    """Its tables and accounts, all liabilities: what goes from one to another."""
    from django.core.management import call_command
    from hordak.models import Account, AccountType

    call_command("migrate", verbosity=0)
    for number in range(ACCOUNTS):
        Account.objects.create(
            name=f"Membre {number}",
            code=str(number),
            type=AccountType.liability,
            currencies=["EUR"],
        )


def main() -> None:
    """Serve rounds."""
    from django.db import transaction
    from hordak.models import Account
    from moneyed import Money

    accounts = list(Account.objects.order_by("pk"))
    amount = Money(60, "EUR")

    def transfer(debit: int, credit: int) -> None:
        with transaction.atomic():
            accounts[debit].transfer_to(accounts[credit], amount)

    serve(transfer, 0, ACCOUNTS)


if __name__ == "__main__":
    enter()
    prepare() if sys.argv[1:] == ["prepare"] else main()
