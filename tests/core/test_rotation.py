"""A new data key: addresses are readable with it, and people are found by it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from app.conventions.models import Signatory
from app.core.crypto import digest
from app.core.db import db
from app.core.rotation import encrypted_columns, rotate
from app.reciprocity.commands.members import MemberSheet, join_member
from app.reciprocity.models import Member
from app.tenants.models import User
from tests.factories import conventions as make
from tests.factories.cast import Cast

NEW_KEY = "another-data-key-for-the-tests-" * 2


@pytest.fixture
def new_key(app, settings, monkeypatch):
    """Switch the application to the new key; the old one, to read what it encrypted."""
    changed = settings.model_copy(update={"data_key": SecretStr(NEW_KEY)})
    return lambda: monkeypatch.setitem(app.config, "SETTINGS", changed)


def test_every_encrypted_column_is_known(app):
    named = {f"{table.name}.{column.name}" for table, column, _ in encrypted_columns()}
    assert named == {
        "users.email", "invitations.email", "signatories.email", "members.email", "members.phone",
        "import_runs.content",
    }  # fmt: skip


def test_everything_is_readable_and_findable_with_the_new_key(cast: Cast, settings, new_key):
    make.prepare(cast)
    old = settings.data_key.get_secret_value()
    new_key()
    assert rotate(old, NEW_KEY, tenant_owned=False) == len(cast.people)
    db.session.commit()
    alice = sa.select(User).where(User.email_digest == digest("alice@exemple.fr"))
    assert db.session.scalars(alice).one().email == "alice@exemple.fr"
    with make.acting(cast, "alice"):
        assert rotate(old, NEW_KEY, tenant_owned=True) == 3
    with make.acting(cast, "alice"):
        found = set(db.session.scalars(sa.select(Signatory.email)))
    assert found == {"olga@exemple.fr", "denis@exemple.fr", "alice@exemple.fr"}


def test_run_again_it_changes_nothing(cast: Cast, settings, new_key):
    old = settings.data_key.get_secret_value()
    new_key()
    rotate(old, NEW_KEY, tenant_owned=False)
    assert rotate(old, NEW_KEY, tenant_owned=False) == 0


def test_members_are_found_again_and_those_without_address_are_left(cast: Cast, settings, new_key):
    old = settings.data_key.get_secret_value()
    with make.acting(cast, "alice") as alice:
        join_member(alice, MemberSheet("Awa", email="awa@exemple.fr", phone="06 01 02 03 04"))
        join_member(alice, MemberSheet("Michel"))
    new_key()
    with make.acting(cast, "alice"):
        assert rotate(old, NEW_KEY, tenant_owned=True) == 2
    with make.acting(cast, "alice"):
        found = sa.select(Member).where(Member.email_digest == digest("awa@exemple.fr"))
        awa = db.session.scalars(found).one()
        assert (awa.name, awa.email) == ("Awa", "awa@exemple.fr")
