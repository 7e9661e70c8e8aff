"""The check of the register accuses no clean book, and names each fault that is planted in one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import now, today
from app.core.config import settings
from app.core.db import db, new_id, one_instant, tenant_context
from app.core.errors import ServiceUnavailable
from app.core.permissions import Actor
from app.reciprocity.commands import sealing
from app.reciprocity.commands.accounts import set_limits
from app.reciprocity.commands.exchanges import (
    Exchange,
    record_exchange,
    record_group,
    reverse_transfer,
)
from app.reciprocity.commands.ledger import call, operator_of
from app.reciprocity.commands.verifying import examine_register
from app.reciprocity.models.faults import SENTENCES, Fault
from app.reciprocity.queries.proof import get_seal, measure
from tests.factories.cast import build_cast
from tests.factories.reciprocity import join
from tests.factories.together import crowd
from tests.reciprocity.plants import PLANTS


@dataclass
class Book:
    """A register where everything happened once, read and written by someone whom nothing stops."""

    root: sa.Connection
    alice: Actor
    tenant_id: uuid.UUID
    a: int
    b: int
    c: int
    simple: uuid.UUID = field(default_factory=new_id)
    group: uuid.UUID = field(default_factory=new_id)
    reversed: uuid.UUID = field(default_factory=new_id)
    accepted: uuid.UUID = field(default_factory=new_id)
    waiting: uuid.UUID = field(default_factory=new_id)
    booklet: uuid.UUID = field(default_factory=new_id)
    cheque: uuid.UUID = field(default_factory=new_id)
    granted: uuid.UUID = field(default_factory=new_id)

    def write(self, *statements: str) -> None:
        """Write what the triggers, the keys and row security forbid."""
        names = {n: v if isinstance(v, int) else f"'{v}'" for n, v in vars(self).items()}
        self.root.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            changed = self.root.exec_driver_sql(statement.format(t=names["tenant_id"], **names))
            assert changed.rowcount, statement

    def find_after(self, *statements: str) -> set[str]:
        """Plant this, say what the check finds, and take it away again."""
        with self.root.begin_nested() as planting:
            self.write(*statements)
            found = self.faults()
            planting.rollback()
        assert all("{" not in fault.sentence for fault in found)
        return {fault.code for fault in found}

    def faults(self) -> list[Fault]:
        """What the check finds now."""
        return examine_register(lambda _: self.root, self.tenant_id).faults


@pytest.fixture
def book(real: Flask, superuser: sa.Engine) -> Iterator[Book]:
    """A register of the ASCS with every kind of act, sealed and signed, then a little more."""
    cast = build_cast()
    db.session.commit()
    accounts = list(join(cast).values())
    alice = cast.actor("alice")
    with superuser.connect() as root, tenant_context(alice.tenant_id):
        found = Book(root, alice, alice.tenant_id, *accounts[:3])
        _live(found)
        root.commit()
        yield found


def _live(book: Book) -> None:
    alice, a, b, c = book.alice, book.a, book.b, book.c
    author = operator_of(alice)
    record_exchange(alice, Exchange(book.simple, a, b, 60, today(), time(9)))
    record_group(alice, book.group, {a: 40, b: 20, c: -60}, today())
    record_exchange(alice, Exchange(book.reversed, c, a, 90, today() - timedelta(days=8)))
    reverse_transfer(alice, book.reversed, "C’était Awa")
    undone = new_id()
    record_group(alice, undone, {a: 10, b: -10}, today())
    reverse_transfer(alice, undone, "Annulé")
    set_limits(alice, c, -70, 100, "À sa demande")
    for hold in (book.accepted, book.waiting):
        call("ledger_place_hold", p_id=hold, p_debit=b, p_credit=a, p_minutes=15, p_on=today(),
             p_wording="", p_expires=now() + timedelta(days=7), p_operator=author)  # fmt: skip
    call("ledger_settle_hold", p_id=book.accepted, p_outcome="accepted", p_operator=author)
    call("ledger_post_gift", p_id=new_id(), p_debit=a, p_minutes=30, p_on=today(),
         p_operator=author)  # fmt: skip
    call("ledger_post_grant", p_id=book.granted, p_credit=c, p_minutes=20, p_rule=None,
         p_decision="Voté le 3 mai", p_on=today(), p_operator=author)  # fmt: skip
    call("ledger_declare_time", p_id=new_id(), p_account=a, p_on=today() - timedelta(days=2),
         p_starts=time(14), p_minutes=60, p_regime="volunteering", p_activity="Accueil",
         p_operator=author)  # fmt: skip
    call("ledger_post_exchange", p_id=book.cheque, p_debit=b, p_credit=c, p_minutes=45,
         p_on=today(), p_operator=author, p_kind="cheque")  # fmt: skip
    db.session.commit()
    book.write(
        "INSERT INTO booklets (tenant_id, id, number, member_id, cheques, issued_at, operator_no)"
        " SELECT {t}, {booklet}, 1, id, 12, now(), 1 FROM members"
        " WHERE tenant_id = {t} AND account_no = {b}",
        "INSERT INTO cheque_uses VALUES ({t}, {booklet}, 3, 0, {cheque})",
    )
    sealing.sign_seal(sealing.write_seal())
    record_exchange(alice, Exchange(new_id(), b, c, 25, today()))
    db.session.commit()
    sealing.sign_seal(sealing.write_seal())
    record_exchange(alice, Exchange(new_id(), c, a, 10, today()))
    db.session.commit()


def test_a_clean_book_is_not_accused(book: Book) -> None:
    assert book.faults() == []


def test_each_fault_is_named_and_nothing_else(book: Book) -> None:
    found = {
        name: book.find_after(*statements.split(";")) for name, (statements, _) in PLANTS.items()
    }
    assert found == {name: expected for name, (_, expected) in PLANTS.items()}
    assert book.faults() == []


def test_every_fault_is_planted_somewhere() -> None:
    planted = set[str]().union(*(expected for _, expected in PLANTS.values()))
    elsewhere = {"mirror_wrong", "twin_wrong", "seal_signature_damaged"}
    assert planted | elsewhere == set(SENTENCES)


def test_postings_during_the_check_do_not_disturb_it(book: Book, real: Flask) -> None:
    with one_instant() as read_as, crowd(real, book.tenant_id) as people:
        before = measure(read_as(book.tenant_id), book.tenant_id)
        act = Exchange(new_id(), book.a, book.b, 5, today())
        people.do(lambda: record_exchange(book.alice, act))
        findings = examine_register(read_as, book.tenant_id)
    assert (findings.size, findings.faults) == (before, [])
    assert measure(book.root, book.tenant_id).transfers == before.transfers + 1


def test_a_damaged_signature_is_a_fault_and_a_silent_store_is_waited_for(book: Book) -> None:
    digest = str(get_seal(1).signature_sha256)
    kept = Path(urlsplit(settings().storage_url).path) / digest[:2] / digest
    kept.write_bytes(kept.read_bytes()[:-1])
    assert [fault.code for fault in book.faults()] == ["seal_signature_damaged"]
    kept.unlink()
    assert [fault.code for fault in book.faults()] == ["seal_signature_lost"]
    kept.mkdir()  # the store fails, and does not say that the file is not there
    with pytest.raises(ServiceUnavailable):
        book.faults()
