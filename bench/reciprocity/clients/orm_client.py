"""Our own tables through the SQLAlchemy ORM: rows locked in order, limits looked at, two entries written.

What a careful program would do without posting functions. No idempotency, no chain, no check of the day.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import today
from app.core.db import new_id
from app.reciprocity.models import Account, Entry, Transfer
from bench.reciprocity.clients.turns import serve
from bench.reciprocity.ground import ACCOUNTS, FIRST, TENANT

MINUTES = 60


def transfer(engine: sa.Engine, debit: int, credit: int) -> None:
    """One exchange in one transaction."""
    with Session(engine) as session, session.begin():
        locked = session.scalars(
            sa.select(Account)
            .where(Account.tenant_id == TENANT, Account.number.in_([debit, credit]))
            .order_by(Account.number)
            .with_for_update()
        )
        accounts = {account.number: account for account in locked}
        assert accounts[debit].balance - MINUTES >= accounts[debit].floor
        assert accounts[credit].balance + MINUTES <= accounts[credit].ceiling
        written = Transfer(
            tenant_id=TENANT, id=new_id(), minutes=MINUTES, happened_on=today(), operator_no=1,
            debit=debit, credit=credit, kind="exchange",
        )  # fmt: skip
        session.add(written)
        for number, delta in ((debit, -MINUTES), (credit, MINUTES)):
            account = accounts[number]
            account.balance += delta
            account.version += 1
            account.moved_on = today()
            session.add(
                Entry(
                    tenant_id=TENANT, account_no=number, version=account.version,
                    transfer_id=written.id, delta=delta, balance_after=account.balance,
                )
            )  # fmt: skip


def main() -> None:
    """Enter the database that the environment names."""
    engine = sa.create_engine("postgresql+psycopg://", poolclass=sa.StaticPool)
    serve(lambda debit, credit: transfer(engine, debit, credit), FIRST, ACCOUNTS)


if __name__ == "__main__":
    main()
