"""What someone who means harm, or types oddly, gets: no secret, nothing twice, no broken page."""

from __future__ import annotations

import uuid
from datetime import time, timedelta

import pytest
from flask import Flask

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.accounts import open_group
from app.reciprocity.commands.cheques import Slip, Verdict, issue_booklet, key_cheques
from app.reciprocity.commands.exchanges import (
    Exchange,
    correct_exchange,
    describe_exchange,
    record_exchange,
    reverse_transfer,
    thank,
)
from app.reciprocity.commands.fund import give_to_fund, grant
from app.reciprocity.commands.holds import Request, accept_request, ask_confirmation
from app.reciprocity.commands.imports.lines import read_member
from app.reciprocity.commands.ledger import LedgerRefusal
from app.reciprocity.commands.members import erase_member, leave_member, return_member
from app.reciprocity.models.cheque_numbers import number_cheque
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.cheques import list_uses
from app.reciprocity.queries.exchanges import find_note
from app.reciprocity.queries.hours import find_start
from app.reciprocity.queries.members import find_member_of, list_movements
from app.reciprocity.routes import statements
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client
from tests.reciprocity.test_api import ROOT, Program, make_key

FUND = 2
HUGE = 10**30


def help_someone(cast: Cast, giver: int, receiver: int) -> uuid.UUID:
    """An hour given to the fund, and then by it; the id of the grant."""
    alice, helped = cast.actor("alice"), new_id()
    with tenant_context(alice.tenant_id):
        give_to_fund(alice, new_id(), giver, 60, today())
        grant(alice, helped, receiver, 60, decision="Le conseil du 12 novembre")
        db.session.commit()
    return helped


def test_a_reader_does_not_see_on_a_sheet_whom_the_fund_helped(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    help_someone(cast, a, b)
    with tenant_context(cast.actor("alice").tenant_id):
        member = find_member_of(b)
        assert member
        sheet = f"/ascs/heures/membres/{member.id}"
    assert "Coup de pouce" in client.get(sheet, as_="bob").text
    assert "Coup de pouce" not in client.get(sheet, as_="carole").text


def test_a_key_that_reads_cannot_count_what_the_fund_gave(app: Flask, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    reader = Program(app, make_key(cast, can_write=False)[1])
    before = reader.get(f"{ROOT}/accounts")
    help_someone(cast, a, b)
    after = reader.get(f"{ROOT}/accounts")
    assert before["items"] == after["items"]


def test_a_cheque_that_was_corrected_into_another_exchange_pays_once(cast: Cast) -> None:
    people = join(cast, "Bernadette", "Yann")
    payer, giver = people.values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        holder = find_member_of(payer)
        assert holder
        booklet = issue_booklet(alice, holder.id, new_id())
        slip = Slip(number_cheque(alice.tenant_id, booklet.number, 1), "Yann", 60, today())
        (noted,) = key_cheques(alice, [slip])
        assert noted.transfer_id
        right = Exchange(new_id(), giver, payer, 90, today())
        correct_exchange(alice, noted.transfer_id, right, "C’était une heure et demie")
        (again,) = key_cheques(alice, [slip])
        assert (again.verdict, again.transfer_id) == (Verdict.OTHERWISE, right.id)
        assert get_account(giver).balance == 90
        assert not list_uses(booklet.id)[1][0].corrected
        reverse_transfer(alice, right.id, "Rien de tout cela")
        assert key_cheques(alice, [slip])[0].verdict == Verdict.NOTED


def test_a_departure_is_not_corrected_out_of_what_the_fund_has_given_on(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    exchange(cast, a, b, 120)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        member = find_member_of(a)
        assert member
        leave_member(alice, member.id)
        settlement = list_movements(a)[0].transfer.id
        grant(alice, new_id(), c, 120, decision="Le conseil")
        return_member(alice, member.id)
        assert get_account(a).balance == 0
        with pytest.raises(LedgerRefusal, match="Notez le retour"):
            reverse_transfer(alice, settlement, "Erreur")
        assert get_account(FUND).balance == 0


def test_someone_who_came_from_a_file_as_gone_is_settled_when_forgotten(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        member = find_member_of(a)
        assert member
        member.left_on = today() - timedelta(days=400)
        erase_member(alice, member.id)
        account = get_account(a)
        assert (account.balance, account.closed_at is None) == (0, False)
        assert member.left_on == today() - timedelta(days=400)


@pytest.mark.parametrize("broken", ["Jean\nBcc: x@y.fr", "Jean\u2028Bcc", "Jean\r\nBcc"])
def test_no_name_breaks_the_header_of_a_mail(cast: Cast, broken: str) -> None:
    assert len(read_member({"name": broken}).name.splitlines()) == 1
    alice = cast.actor("alice")
    join(cast, "Bernadette")
    with tenant_context(alice.tenant_id):
        assert len((open_group(alice, broken, None).label or "").splitlines()) == 1


@pytest.mark.parametrize(
    "address",
    [
        f"{ROOT}/accounts?after={HUGE}",
        f"{ROOT}/accounts?after=-{HUGE}",
        f"{ROOT}/accounts/{HUGE}",
        f"{ROOT}/accounts/{HUGE}/statement",
        f"{ROOT}/accounts/1/statement?before={HUGE}",
        f"{ROOT}/exchanges?after=x",
    ],
)
def test_a_program_that_counts_too_far_is_answered(app: Flask, cast: Cast, address: str) -> None:
    join(cast, "Bernadette")
    program = Program(app, make_key(cast)[1])
    headers = {"Authorization": f"Bearer {program.secret}"}
    assert program.client.get(address, headers=headers).status_code in {200, 404, 422}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("starts_at", "10:00Z"), ("starts_at", "10:00+02:00"), ("wording", "a\x00b"), ("giver", HUGE),
        ("wording", "\ud800"), ("happened_on", "0001-01-01"), ("minutes", 1.5), ("giver", [1]),
        ("giver", None),
    ],
)  # fmt: skip
def test_what_a_program_sends_wrong_is_refused_by_name(
    app: Flask, cast: Cast, field: str, value: object
) -> None:
    a, b, *_ = join(cast).values()
    program = Program(app, make_key(cast)[1])
    body = {"giver": a, "receiver": b, "minutes": 60, "happened_on": today().isoformat()}
    answer = program.post(f"{ROOT}/exchanges", body | {field: value}, new_id())
    assert answer.status_code == 422, answer.text
    assert answer.json
    assert answer.json["code"] in {"malformed", "day_sealed"}


def test_someone_named_twice_in_a_gathering_counts_once(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    told = f"donne={a}&donne={a}&recoit={b}&cle={new_id()}&minutes=60&day={today()}&rule=chacun"
    client.post(f"/ascs/heures/groupe/apercu?{told}", as_="alice")
    with tenant_context(cast.actor("alice").tenant_id):
        assert get_account(a).balance == 60


def test_an_exchange_confirmed_twice_keeps_what_was_said_since(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice, key = cast.actor("alice"), new_id()
    with tenant_context(alice.tenant_id):
        ask_confirmation(alice, Request(key, a, b, 60, today(), "vélo"))
        accept_request(alice, key)
        theme = list_categories()[0].id
        describe_exchange(alice, key, "réparer un vélo", theme)
        accept_request(alice, key)
        note = find_note(key)
        assert note
        assert (note.wording, note.category_id) == ("réparer un vélo", theme)
        describe_exchange(alice, key, "réparer un vélo")
        assert note.category_id is None


def test_a_statement_that_cannot_be_made_leads_back_to_its_page(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    monkeypatch.setattr(statements, "PROVED", 0)
    with tenant_context(cast.actor("alice").tenant_id):
        member = find_member_of(a)
        assert member
        page = f"/ascs/heures/membres/{member.id}/releve"
    asked = f"au={today()}&endpoint=x&_external=1&_scheme=javascript"
    led = client.browser("alice").get(f"{page}.pdf?{asked}")
    assert (led.status_code, led.location) == (303, f"{page}?au={today()}")


def test_a_correction_keeps_the_theme_the_thanks_and_the_start(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice, key = cast.actor("alice"), new_id()
    with tenant_context(alice.tenant_id):
        theme = list_categories()[0].id
        record_exchange(
            alice, Exchange(key, a, b, 60, today(), time(9), wording="vélo", category_id=theme)
        )
        thank(alice, key, "Merci !")
        db.session.commit()
    sent = {"minutes": "30", "day": str(today()), "wording": "vélo", "reason": "plus court"}
    led = client.post(f"/ascs/heures/echanges/{key}/correction", sent, as_="alice").location
    with tenant_context(alice.tenant_id):
        right = uuid.UUID(led.rpartition("/")[2])
        note, start = find_note(right), find_start(right, a)
        assert note
        assert start
        assert (note.category_id, note.thanks, start.starts_at) == (theme, "Merci !", time(9))


def test_an_address_with_nothing_to_change_asks_who(client: Client, cast: Cast) -> None:
    join(cast)
    assert "Qui a donné" in client.get("/ascs/heures/echanges/nouveau?changer=", as_="alice").text
