"""Cheques: their numbers, their booklets, what becomes of each when a pile is keyed in."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask, render_template
from hypothesis import given
from hypothesis import strategies as st

from app.core.audit import AuditEvent
from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.errors import DomainError
from app.reciprocity.commands.accounts import open_group, set_limits
from app.reciprocity.commands.cheques import (
    Slip,
    Verdict,
    find_person,
    issue_booklet,
    key_cheques,
    restore_booklet,
    void_booklet,
)
from app.reciprocity.commands.exchanges import reverse_transfer
from app.reciprocity.commands.members import MemberSheet, join_member
from app.reciprocity.documents.booklet import render_booklet
from app.reciprocity.models import CHEQUES, Booklet, ChequeUse, Entry, Member, Transfer, reading
from app.reciprocity.models.cheque_numbers import ChequeNumber, number_cheque, read_number
from app.reciprocity.models.reading import read_day, read_minutes
from app.reciprocity.queries import cheques as queries
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.cheques import Person, list_people
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import join
from tests.factories.together import PATIENCE
from tests.verapdf import PDF_A, PDF_UA, verapdf

TENANT = uuid.UUID(int=5)


def test_a_wrong_digit_or_two_exchanged_ones_always_change_the_letter() -> None:
    letters = [number_cheque(TENANT, *divmod(whole, 100)).letter for whole in range(1_000_000)]
    for booklet in range(1, 10_000):
        for cheque in range(1, CHEQUES + 1):
            text = f"{booklet:04d}{cheque:02d}"
            right = letters[int(text)]
            assert not [other for other in misread(text) if letters[other] == right], text


def misread(text: str) -> Iterator[int]:
    """The number with one digit wrong, or two exchanged, wherever they stand."""
    for one, digit in enumerate(text):
        weight = 10 ** (5 - one)
        yield from (
            int(text) + step * weight for step in range(-int(digit), 10 - int(digit)) if step
        )
        for two in range(one + 1, 6):
            if digit != text[two]:
                yield int(text) + (int(text[two]) - int(digit)) * (weight - 10 ** (5 - two))


@given(st.integers(1, 999_999), st.integers(1, 99), st.uuids())
def test_a_number_is_read_as_it_was_written(booklet: int, cheque: int, tenant: uuid.UUID) -> None:
    number = number_cheque(tenant, booklet, cheque)
    assert number.is_right(tenant)
    for typed in (
        str(number),
        str(number).lower(),
        str(number).replace("-", ""),
        f"  {booklet} {cheque} {number.letter}",
        f"https://bulles.fr/ascs/heures/cheques/{number}",
    ):
        assert read_number(typed) == number


@pytest.mark.parametrize("typed", ["", "0007-03", "0007-K", "K-0007-03", "0007-03-KK", "sept"])
def test_what_is_no_number_says_what_one_looks_like(typed: str) -> None:
    with pytest.raises(DomainError, match="0007-03-K"):
        read_number(typed)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("90", 90), ("1:30", 90), ("01:30:00", 90), ("1h30", 90), ("1 h 30", 90), ("1 h", 60), ("90 min", 90),
        ("1,5 h", 90), ("1.5", 90), ("0,33 h", 20), ("2 heures", 120), ("1\u00a0h\u00a030 min", 90), ("0", 0),
    ],
)  # fmt: skip
def test_durations_are_read_in_every_way_people_write_them(typed: str, minutes: int) -> None:
    assert read_minutes(typed) == minutes


@pytest.mark.parametrize("typed", ["", "une heure", "-30", "1:75", "1h75", "—", "1e3"])
def test_what_is_no_duration_is_refused(typed: str) -> None:
    with pytest.raises(DomainError):
        read_minutes(typed)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("21/11/2026", date(2026, 11, 21)), ("2026-11-21", date(2026, 11, 21)), ("1/2/26", date(2026, 2, 1)),
        ("2026-03-01 23:30:00 UTC", date(2026, 3, 2)), ("2026-03-01 23:30:00 +0100", date(2026, 3, 1)),
        ("21.11.2026", date(2026, 11, 21)), ("21/11/2026 18:45", date(2026, 11, 21)),
    ],
)  # fmt: skip
def test_days_are_read_in_every_way_spreadsheets_write_them(typed: str, day: date) -> None:
    assert read_day(typed) == day


@pytest.mark.parametrize(
    ("today", "typed", "day"),
    [
        ("2026-11-22", "22/11", "2026-11-22"), ("2026-11-22", "23/11", "2025-11-23"),
        ("2027-01-01", "31/12", "2026-12-31"), ("2028-02-28", "29/02", "2024-02-29"),
        ("2028-02-29", "29/02", "2028-02-29"), ("2030-03-01", "29.2", "2028-02-29"),
    ],
)  # fmt: skip
def test_a_day_without_year_is_the_last_one_that_came(
    monkeypatch: pytest.MonkeyPatch, today: str, typed: str, day: str
) -> None:
    monkeypatch.setattr(reading, "today", lambda: date.fromisoformat(today))
    assert read_day(typed, guess_year=True) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("typed", "guess"),
    [("31/02/2026", False), ("21/11", False), ("demain", False), ("30/02", True)],
)
def test_what_is_no_day_is_refused(typed: str, guess: bool) -> None:
    with pytest.raises(DomainError):
        read_day(typed, guess_year=guess)


class Counter:
    """The counter where booklets are handed out and cheques come back."""

    def __init__(self, cast: Cast) -> None:
        self.alice = cast.actor("alice")
        self.accounts = join(cast, "Bernadette", "Yann", "Yann Le Goff")

    def issue(self, name: str = "Bernadette") -> Booklet:
        """A booklet handed to a member."""
        member = sa.select(Member.id).where(Member.account_no == self.accounts[name])
        return issue_booklet(self.alice, db.session.scalars(member).one(), new_id())

    def slip(self, booklet: Booklet, rank: int, giver: str = "Yann", minutes: int = 60) -> Slip:
        """A cheque of the booklet, filled in."""
        return Slip(
            number_cheque(self.alice.tenant_id, booklet.number, rank), giver, minutes, today()
        )

    def key(self, *slips: Slip) -> list[Verdict]:
        """Key them in; what became of each."""
        return [outcome.verdict for outcome in key_cheques(self.alice, slips)]


@pytest.fixture
def counter(cast: Cast) -> Iterator[Counter]:
    """The counter of the ASCS."""
    made = Counter(cast)
    with tenant_context(made.alice.tenant_id):
        yield made


def test_booklets_are_numbered_and_a_form_sent_twice_gives_one(counter: Counter) -> None:
    one, two = counter.issue(), counter.issue("Yann")
    assert (one.number, two.number) == (1, 2)
    assert issue_booklet(counter.alice, one.member_id, one.id) is one


def test_a_cheque_is_noted_once_whatever_is_keyed(counter: Counter) -> None:
    booklet = counter.issue()
    slip = counter.slip(booklet, 3)
    assert counter.key(slip, slip) == [Verdict.NOTED, Verdict.ALREADY]
    assert counter.key(counter.slip(booklet, 3, minutes=90)) == [Verdict.OTHERWISE]
    assert counter.key(counter.slip(booklet, 3, giver="Yann Le Goff")) == [Verdict.OTHERWISE]
    told = key_cheques(counter.alice, [counter.slip(booklet, 3, minutes=90)])[0].sentence
    assert "Yann a donné 1\u00a0h à Bernadette" in told
    assert "Noté par Alice Morel" in told
    yann, bernadette = counter.accounts["Yann"], counter.accounts["Bernadette"]
    assert (get_account(yann).balance, get_account(bernadette).balance) == (60, -60)
    assert db.session.scalars(sa.select(Transfer.kind)).all() == ["cheque"]


def test_each_refusal_has_its_name_and_holds_no_other_cheque_back(counter: Counter) -> None:
    booklet, lost = counter.issue(), counter.issue()
    void_booklet(counter.alice, lost.id)
    set_limits(counter.alice, counter.accounts["Bernadette"], -60, 600, "essai")
    right = counter.slip(booklet, 1)
    wrong = Slip(ChequeNumber(booklet.number, 2, right.number.letter), "Yann", 60, today())
    beyond = Slip(number_cheque(counter.alice.tenant_id, booklet.number, 13), "Yann", 60, today())
    nowhere = Slip(number_cheque(counter.alice.tenant_id, 99, 1), "Yann", 60, today())
    future = Slip(right.number, "Yann", 60, today() + timedelta(days=1))
    verdicts = counter.key(
        wrong,
        beyond,
        nowhere,
        counter.slip(lost, 1),
        counter.slip(booklet, 2, giver="Zoé"),
        counter.slip(booklet, 2, giver="Y"),
        future,
        counter.slip(booklet, 2, minutes=0),
        counter.slip(booklet, 2, giver="Bernadette"),
        right,
        counter.slip(booklet, 2),
    )
    assert verdicts == [
        *[Verdict.WRONG_NUMBER] * 3,
        Verdict.VOIDED,
        *[Verdict.UNKNOWN_PERSON] * 2,
        *[Verdict.REFUSED] * 3,
        Verdict.NOTED,
        Verdict.LIMIT,
    ]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Transfer)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ChequeUse)) == 1


def test_who_is_meant_by_a_name_by_its_beginning_or_by_a_number(
    counter: Counter, cast: Cast
) -> None:
    yann, le_goff = counter.accounts["Yann"], counter.accounts["Yann Le Goff"]
    zoe, other = (join_member(counter.alice, MemberSheet("Zoé 100 %")).account_no for _ in range(2))
    choir = Person(
        open_group(counter.alice, "Chorale d’été", cast.bulle.id).number, "Chorale d’été"
    )
    meant = {
        "yann": yann, " YANN ": yann, f"Yann (n° {yann})": yann, f"n° {le_goff}": le_goff,
        f"{le_goff}": le_goff, "yann le": le_goff, f"Zoé 100 % (n° {other})": other,
        f"zoe 100 % (n° {zoe})": zoe, "Chorale d’ete": choir.account_no, "chor": choir.account_no,
        f"n°{choir.account_no}": choir.account_no, f"Yann (n° {choir.account_no})": None,
        "yann_": None, "%": None, "Michel": None,
    }  # fmt: skip
    for written, account_no in meant.items():
        found = find_person(written, [choir])
        assert (found.account_no if isinstance(found, Person) else None) == account_no, written
    assert "Nous ne trouvons personne" in str(find_person("chor"))
    assert f"Yann (n° {yann}), Yann Le Goff (n° {le_goff})." in str(find_person("ya"))


def test_a_field_proposes_those_seen_last_among_many(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    booklet = counter.issue()
    assert counter.key(counter.slip(booklet, 1, "Yann Le Goff")) == [Verdict.NOTED]
    monkeypatch.setattr(queries, "PROPOSED", 2)
    assert [person.name for person in list_people()] == ["Bernadette", "Yann Le Goff"]
    assert counter.key(counter.slip(booklet, 2, "Yann")) == [Verdict.NOTED]


def test_a_corrected_cheque_is_free_again_and_a_found_booklet_good_again(counter: Counter) -> None:
    booklet = counter.issue()
    slip = counter.slip(booklet, 5, minutes=600)
    noted = key_cheques(counter.alice, [slip])[0]
    assert noted.transfer_id is not None
    reverse_transfer(counter.alice, noted.transfer_id, "Une heure, pas dix")
    assert counter.key(counter.slip(booklet, 5)) == [Verdict.NOTED]
    assert counter.key(counter.slip(booklet, 5)) == [Verdict.ALREADY]
    assert get_account(counter.accounts["Yann"]).balance == 60
    turns = db.session.scalars(sa.select(ChequeUse.turn).order_by(ChequeUse.turn)).all()
    assert turns == [0, 1]
    void_booklet(counter.alice, booklet.id)
    assert counter.key(counter.slip(booklet, 5), counter.slip(booklet, 6)) == [
        Verdict.ALREADY,
        Verdict.VOIDED,
    ]
    restore_booklet(counter.alice, booklet.id)
    assert counter.key(counter.slip(booklet, 6)) == [Verdict.NOTED]
    told = db.session.scalars(
        sa.select(AuditEvent.action).where(AuditEvent.action.startswith("booklet"))
    ).all()
    assert sorted(told) == ["booklet.issued", "booklet.restored", "booklet.voided"]


def test_a_cheque_of_another_organisation_is_no_cheque_here(counter: Counter) -> None:
    # One organisation in 23 has the same letter; the one whose id follows or precedes has not.
    elsewhere = uuid.UUID(int=counter.alice.tenant_id.int ^ 1)
    theirs = number_cheque(elsewhere, counter.issue().number, 1)
    assert counter.key(Slip(theirs, "Yann", 60, today())) == [Verdict.WRONG_NUMBER]


def test_the_booklet_says_whose_it_is(app: Flask) -> None:
    told = {"organisation": "ASCS", "member": "Odette", "number": "0002", "cheques": []}
    with app.test_request_context():
        page = render_template("pdf/reciprocity/booklet.html", **told)
    assert page.count("Carnet n° 0002 d’Odette") == 2


def test_the_booklet_is_printed_the_same_each_time(counter: Counter) -> None:
    booklet = counter.issue()
    member = db.session.get_one(Member, (counter.alice.tenant_id, booklet.member_id))
    first, second = render_booklet(booklet, member), render_booklet(booklet, member)
    assert first.pages == 3
    assert first.content == second.content
    assert verapdf(first.content, PDF_A, PDF_UA) == []


def test_the_same_cheque_keyed_at_once_by_many_is_noted_once(real: Flask) -> None:
    cast = build_cast()
    made = Counter(cast)
    with tenant_context(made.alice.tenant_id):
        booklet = made.issue()
        slips = [made.slip(booklet, rank) for rank in range(1, 7)]
        db.session.commit()
    verdicts: list[list[Verdict]] = []
    ready = threading.Barrier(6)

    def key(rank: int) -> None:
        with real.app_context(), tenant_context(made.alice.tenant_id):
            ready.wait(PATIENCE)
            pile = slips[rank:] + slips[:rank]
            verdicts.append(made.key(*pile))
            db.session.commit()

    clerks = [threading.Thread(target=key, args=(rank,)) for rank in range(6)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join(PATIENCE)
    told = [verdict for pile in verdicts for verdict in pile]
    assert sorted(told) == [Verdict.ALREADY] * 30 + [Verdict.NOTED] * 6
    with tenant_context(made.alice.tenant_id):
        assert get_account(made.accounts["Yann"]).balance == 360
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Entry)) == 12
