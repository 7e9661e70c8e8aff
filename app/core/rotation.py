"""A new DATA_KEY: every encrypted column is read with the old key and written with the new one.

Done with the site stopped: the keyed digests change with the key, and people are found by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy_utils.types.encrypted.encrypted_type import AesGcmEngine, StringEncryptedType

from app.core.crypto import digest, normalise_email
from app.core.db import Model, TenantOwned, db

DIGESTS = {"email": "email_digest"}
"""Encrypted column → the column of its digest, in the tables that have one."""


def encrypted_columns() -> Iterator[tuple[sa.Table, sa.Column[Any], bool]]:
    """Every encrypted column: its table, itself, and whether the table is a tenant's."""
    for mapper in Model.registry.mappers:
        table = mapper.local_table
        assert isinstance(table, sa.Table)  # noqa: S101 every model is a table
        for column in table.columns:
            if isinstance(column.type, StringEncryptedType):
                yield table, column, issubclass(mapper.class_, TenantOwned)


def rotate(previous_key: str, current_key: str, *, tenant_owned: bool) -> int:
    """Write again, in the current transaction, what the previous key encrypted: the tables of the tenant
    that is bound, or the global ones. Return how many rows; what the current key opens is left alone."""
    old, new = _engine(previous_key), _engine(current_key)
    return sum(
        _rotate_column(table, column, old, new)
        for table, column, owned in encrypted_columns()
        if owned == tenant_owned
    )


def _rotate_column(
    table: sa.Table, column: sa.Column[Any], old: AesGcmEngine, new: AesGcmEngine
) -> int:
    keys = list(table.primary_key.columns)
    sealed = sa.type_coerce(column, sa.Text)
    count = 0
    for *key, value in db.session.execute(sa.select(*keys, sealed).order_by(*keys)).all():
        plain = _decrypt(old, value)
        if plain is None:
            continue
        changes: dict[str, Any] = {column.name: sa.literal(new.encrypt(plain), sa.Text)}
        if (digested := DIGESTS.get(column.name, "")) in table.columns:
            changes[digested] = digest(normalise_email(plain))
        same = [k == v for k, v in zip(keys, key, strict=True)]
        db.session.execute(sa.update(table).where(*same).values(changes))
        count += 1
    return count


def _engine(key: str) -> AesGcmEngine:
    engine = AesGcmEngine()
    engine._update_key(key)
    return engine


def _decrypt(engine: AesGcmEngine, value: str) -> str | None:
    try:
        plain: str = engine.decrypt(value)
    except Exception:  # the library raises ValueError or DecryptionException for another key
        return None
    return plain
