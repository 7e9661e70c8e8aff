"""Statements: a prefix of the chain, the same for ever, sealed, and checked by anyone with the file alone."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pikepdf
import pytest
from flask import Flask

from app.conventions.routes import verification
from app.core import services
from app.core.clock import now, today
from app.core.db import db, new_id, tenant_context
from app.core.documents import RenderedPdf, render_pdf
from app.core.errors import ServiceUnavailable
from app.core.gateways.signature import SignatureService
from app.core.verification import Limits, Trust, read_attachment, verify
from app.reciprocity.commands import sealing
from app.reciprocity.commands.exchanges import reverse_transfer
from app.reciprocity.commands.fund import give_to_fund
from app.reciprocity.commands.ledger import call, operator_of
from app.reciprocity.documents import statement as documents
from app.reciprocity.documents.statement import (
    PRINTED,
    PROVED,
    SOUND,
    UNSOUND,
    read_statement,
    seal_statement,
    to_data,
)
from app.reciprocity.models import GENESIS, Entry, Transfer
from app.reciprocity.models.chain import replay
from app.reciprocity.queries import statements
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.members import find_member_of, totals
from app.reciprocity.queries.statements import (
    Base,
    ChainBroken,
    Movement,
    Proof,
    Statement,
    chain_line,
    iter_movements,
    list_movements,
    open_statement,
    read_proof,
    sum_parts,
)
from app.reciprocity.routes import statements as routes
from tests.core.test_verification import replace_page, swap_attachment, update
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client


def yesterday() -> date:
    """The day before that of the test."""
    return today() - timedelta(days=1)


@pytest.fixture
def pair(cast: Cast) -> tuple[int, int]:
    """Bernadette and Yann, who gave 30, then received 10, twice."""
    one, other = join(cast, "Bernadette", "Yann").values()
    for _ in range(2):
        exchange(cast, one, other, 30, wording="couture")
        exchange(cast, other, one, 10)
    return one, other


@pytest.fixture
def data(cast: Cast, pair: tuple[int, int]) -> dict[str, Any]:
    """The data of Bernadette's statement."""
    with tenant_context(cast.tenants["ascs"].id):
        statement = open_statement(pair[0], today())
        written = json.dumps(to_data(statement, read_proof(statement), "ASCS"))
    read: dict[str, Any] = json.loads(written)
    return read


def test_a_statement_tells_the_lines_and_proves_the_head(cast: Cast, pair: tuple[int, int]) -> None:
    with tenant_context(cast.tenants["ascs"].id):
        statement = open_statement(pair[0], today())
        assert (statement.version, statement.balance, statement.name) == (4, 40, "Bernadette")
        told = list(iter_movements(statement))
        assert [m.entry.balance_after for m in told] == [30, 20, 50, 40]
        assert [m.other for m in told] == ["Yann"] * 4
        assert told[0].wording == "couture"
        assert read_proof(statement).head == get_account(pair[0]).head
        newest = list_movements(statement, limit=3)
        assert [m.entry.version for m in newest] == [4, 3, 2]
        assert [m.entry.version for m in list_movements(statement, before=2)] == [1]


def test_the_statement_of_a_past_day_never_changes(
    cast: Cast, pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    with tenant_context(cast.tenants["ascs"].id):
        before = open_statement(one, yesterday())
        assert (before.version, before.balance) == (0, 0)
        assert list(iter_movements(before)) == []
        # Everything was written today: seen from tomorrow, more lines do not change it.
        cut = statements._evening(yesterday()), now()
        ends = {yesterday(): cut[0], today(): cut[1]}
        monkeypatch.setattr(statements, "_evening", ends.__getitem__)
        first = to_data(s := open_statement(one, today()), read_proof(s), "ASCS")
    exchange(cast, one, other, 60)
    with tenant_context(cast.tenants["ascs"].id):
        again = to_data(s := open_statement(one, today()), read_proof(s), "ASCS")
        assert again == first
        assert get_account(one).version == first["version"] + 1


def test_a_period_starts_from_the_seal_before_it(
    cast: Cast, pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    with tenant_context(cast.tenants["ascs"].id):
        sealing.close_days()
        sealing.write_seal()
        db.session.commit()
        noon = now()
    exchange(cast, one, other, 60)
    with tenant_context(cast.tenants["ascs"].id):
        ends = {yesterday(): noon, today(): now()}
        monkeypatch.setattr(statements, "_evening", ends.__getitem__)
        statement = open_statement(one, today(), since=today())
        proof = read_proof(statement)
        assert (statement.first, statement.version) == (5, 5)
        assert (proof.base.version, proof.base.balance, proof.base.seal_no) == (4, 40, 1)
        assert len(proof.movements) == 1
        assert proof.head == get_account(one).head
        reading = read_statement(to_data(statement, proof, "ASCS"))
        assert reading
        assert reading.sound
        assert ("Lignes rejouées", "1, depuis : sceau n° 1 du registre") in reading.facts


def test_entries_that_do_not_lead_to_the_head_are_seen(
    cast: Cast, pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "replay", lambda *_: b"another head")
    with tenant_context(cast.tenants["ascs"].id), pytest.raises(ChainBroken):
        read_proof(open_statement(pair[0], today()))


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Write something else in the data, at `line.field` or `field`."""

    def act(data: dict[str, Any]) -> None:
        line, _, field = path.rpartition(".")
        (data["lines"][int(line)] if line else data)[field] = value

    return act


@pytest.mark.parametrize(
    ("attack", "fault"),
    [
        (change("1.minutes", 11), "La ligne 2 ne dit pas la même chose"),
        (change("1.day", "2026-01-01"), "La ligne 2 a été changée."),
        (change("2.operator", 99), "La ligne 3 a été changée."),
        (change("0.head", "00" * 32), "La ligne 1 a été changée."),
        (change("0.transfer", str(new_id())), "La ligne 1 a été changée."),
        (change("balance", 400), "Les lignes font 40 min, et non 6 h 40."),
        (change("head", "00" * 32), "L’empreinte finale"),
        (change("account", 7), "La ligne 1 ne dit pas la même chose"),
        (lambda data: data["lines"].pop(1), "Entre les lignes 1 et 3, il en manque."),
        (lambda data: data["lines"].pop(), "L’empreinte finale"),
        (lambda data: data["base"].update(balance=600), "Il ne part pas d’un compte vide."),
        (lambda data: data.update(lines=data["lines"] * PROVED), "Il a plus de 10 000 lignes"),
        (lambda data: data.pop("lines"), "Elles ne se lisent pas."),
        (change("1.minutes", "beaucoup"), "Elles ne se lisent pas."),
        (change("1.minutes", 10**30), "Elles ne se lisent pas."),
        (change("on", "demain"), "Elles ne se lisent pas."),
    ],
)
def test_changed_data_are_seen_and_said(
    data: dict[str, Any], attack: Callable[[dict[str, Any]], object], fault: str
) -> None:
    honest = read_statement(data)
    assert honest
    assert (honest.title, honest.faults) == (SOUND, ())
    assert "solde +40\xa0min" in honest.sentence
    attack(data)
    found = read_statement(data)
    assert found
    assert found.title == UNSOUND
    assert any(fault in said.replace("\xa0", " ") for said in found.faults), found.faults


def test_data_of_another_kind_are_left_to_others() -> None:
    for content in (None, b"", b"{", b"[]", b"[" * 100_000, b'{"format": "autre"}', b"\xff"):
        assert read_attachment(content) is None


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML of each PDF that is made, with ordinary spaces."""
    pages = []

    def render(html: str, **options: Any) -> RenderedPdf:
        pages.append(html.replace("\xa0", " "))
        return render_pdf(html, **options)

    monkeypatch.setattr(documents, "render_pdf", render)
    return pages


def sealed(cast: Cast, account_no: int, on: date | None = None) -> bytes:
    """The sealed statement of an account, on a day or today."""
    with tenant_context(cast.tenants["ascs"].id):
        statement = open_statement(account_no, on or today())
        at_ = now().replace(microsecond=0)
        return seal_statement(statement, read_proof(statement), "ASCS", at_)


def test_anyone_checks_a_statement_and_an_altered_one_is_said_altered(
    app: Flask, cast: Cast, pair: tuple[int, int], client: Client
) -> None:
    pdf = sealed(cast, pair[0])
    shown = show(client, pdf)
    assert "Ce document est intact" in shown
    assert "Relevé d’heures intact" in shown
    assert "Compte 3, solde +40 min" in shown
    for attack in (replace_page, swap_attachment):
        assert "a été changé après la signature" in show(client, update(pdf, attack))
    trust = Trust.of(services.authority())
    assert verify(update(pdf, replace_page), trust).status == "altered"
    shown = show(client, one_minute_more(pdf))
    assert "Ce document n’est pas signé" in shown
    assert "La ligne 2 ne dit pas la même chose" in shown
    assert "Relevé d’heures intact" not in shown


def test_a_long_statement_prints_its_last_lines_and_says_what_it_leaves_out(
    cast: Cast,
    pair: tuple[int, int],
    client: Client,
    printed: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "PRINTED", 2)
    shown = show(client, sealed(cast, pair[0]))
    [html] = printed
    assert "Ce relevé a 4 lignes. Les 2 dernières sont imprimées ici." in html
    assert "2 lignes ne sont pas imprimées." in html
    assert [found in html for found in ("<td>2</td>", "<td>3</td>", "<td>4</td>")] == [
        False,
        True,
        True,
    ]
    assert '<td>Solde avant ces lignes</td><td></td><td class="nombre">20 min</td>' in html
    assert "La page rejoue les 4 lignes" in html
    assert "4, depuis : ouverture du compte" in shown
    monkeypatch.setattr(documents, "PRINTED", 4)
    sealed(cast, pair[0])
    assert "imprimées" not in printed[1]


def long_account(number: int, lines: int) -> tuple[Statement, Proof]:
    """An account that moved that often, and its proof from its first line."""
    movements = []
    for version in range(1, lines + 1):
        transfer = Transfer(
            id=new_id(), kind="exchange", debit=number + 1, credit=number, minutes=1,
            happened_on=today(), operator_no=2, posted_at=now(),
        )  # fmt: skip
        entry = Entry(account_no=number, version=version, delta=1, balance_after=version)
        movements.append(Movement(entry, transfer, "couture", ["Yann"]))
    head = replay(number, map(chain_line, movements), GENESIS)
    statement = Statement(
        number, "Bernadette", None, today(), 1, lines, lines, latest=lines, head=head
    )
    return statement, Proof(Base(0, GENESIS, 0, None), movements, head)


@pytest.mark.slow
def test_the_longest_statement_is_checked_within_the_limits_of_any_file(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine makes one wait; what is counted is the processor's time.
    monkeypatch.setattr(verification, "Limits", partial(Limits, patience=600))
    at = now().replace(microsecond=0)
    pdf = seal_statement(*long_account(3, PROVED), "ASCS", at)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) > PRINTED / 30
    shown = show(client, pdf)
    assert "Ce document est intact" in shown
    assert SOUND in shown
    assert "10000, depuis : ouverture du compte" in shown


def one_minute_more(pdf: bytes) -> bytes:
    """Another file, made with an ordinary tool: the same statement with one minute changed, and no seal."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        stream = opened.Root.AF[0].EF.F
        data = json.loads(stream.read_bytes())
        data["lines"][1]["minutes"] += 1
        stream.write(json.dumps(data).encode())
        del opened.Root.AcroForm
        for page in opened.pages:
            if "/Annots" in page.obj:
                del page.obj["/Annots"]
        opened.save(output)
    return output.getvalue()


def show(client: Client, pdf: bytes) -> str:
    """What the page of verification says of a file."""
    browser = client.browser(None)
    form = {"csrf_token": client.csrf_token(browser), "file": (io.BytesIO(pdf), "releve.pdf")}
    page = browser.post("/verifier/", data=form, content_type="multipart/form-data")
    page.request.environ["wsgi.input"].close()  # a temporary file, when the upload is large
    assert page.status_code == 200
    return page.text.replace("\xa0", " ")


def statement_url(cast: Cast, account_no: int) -> str:
    """The page of a statement, for the team."""
    with tenant_context(cast.tenants["ascs"].id):
        member = find_member_of(account_no)
        assert member
        return f"/ascs/heures/membres/{member.id}/releve"


def test_the_team_reads_and_downloads(cast: Cast, pair: tuple[int, int], client: Client) -> None:
    url = statement_url(cast, pair[0])
    page = client.get(url, as_="bob").text.replace("\xa0", " ")
    assert "le solde noté est de <b>+40 min</b>" in page
    assert "Donné à Yann" in page
    rows = client.get(f"{url}?format=csv", as_="bob").data.decode("utf-8-sig").splitlines()
    assert len(rows) == 5
    assert ";Échange;Yann;couture;30;30;" in rows[1]
    assert ";-10;20;" in rows[2]
    past = client.get(f"{url}?au={yesterday()}&du=2026-01-01", as_="bob").text
    assert "Rien n’a été noté" in past
    mixed_up = client.get(f"{url}?du={today()}&au={yesterday()}", as_="bob").text
    assert f'name="du" value="{yesterday()}"' in mixed_up
    assert "Donné à Yann" in mixed_up
    tomorrow = today() + timedelta(days=1)
    for odd in (
        "au=hier",
        f"au={tomorrow}",
        f"du={tomorrow}",
        "du=0001-01-01",
        "avant=x",
        "avant=0",
    ):
        client.get(f"{url}?{odd}", as_="bob")
    client.get(f"{url}?format=doc", as_="bob", status=404)
    pdf = client.get(f"{url}.pdf", as_="bob")
    assert pdf.mimetype == "application/pdf"
    elsewhere = url.replace("/ascs/", "/ccas/")
    for address in (elsewhere, f"{elsewhere}.pdf"):
        client.get(address, as_="denis", status=404)
    client.get(url, as_="denis", status=404)


def test_what_is_noted_after_its_day_is_told_so(
    cast: Cast, pair: tuple[int, int], client: Client, printed: list[str]
) -> None:
    one, other = pair
    for days in (3, 2):
        exchange(cast, one, other, 60, on=today() - timedelta(days=days))
    url = statement_url(cast, one)
    page = client.get(f"{url}?au={yesterday()}", as_="bob").text.replace("\xa0", " ")
    assert "le solde noté était de <b>0 min</b>" in page
    assert "2 échanges de cette période ont été notés plus tard" in page
    since = today() - timedelta(days=2)
    page = client.get(f"{url}?du={since}&au={yesterday()}", as_="bob").text
    assert "1\xa0échange de cette période a été noté plus tard" in page
    page = client.get(url, as_="bob").text
    assert page.count("noté le") == 2
    assert "noté plus tard" not in page
    sealed(cast, one)
    assert printed[0].count("noté le") == 2
    sealed(cast, one, yesterday())
    assert "2 échanges de cette période ont été notés plus tard" in printed[1]


def test_a_balance_says_what_it_is_made_of(
    cast: Cast, pair: tuple[int, int], client: Client
) -> None:
    one, other = pair
    with tenant_context(cast.tenants["ascs"].id):
        actor = cast.actor("alice")
        call("ledger_post_welcome", p_credit=one, p_minutes=120, p_operator=operator_of(actor))
        give_to_fund(actor, new_id(), one, 15, today())
        db.session.commit()
    wrong = exchange(cast, one, other, 600)
    with tenant_context(cast.tenants["ascs"].id):
        reverse_transfer(cast.actor("alice"), wrong, "Erreur")
        db.session.commit()
        statement = open_statement(one, today())
        parts = sum_parts(statement.number, statement.version)
        assert (parts.given, parts.received) == totals(one) == (60, 20)
        assert parts.others == {"welcome": 120, "gift": -15}
        assert statement.balance == 60 - 20 + 120 - 15
    page = client.get(statement_url(cast, one), as_="bob").text.replace("\xa0", " ")
    assert "1 h données, 20 min reçues" in page
    assert "2 h de bienvenue" in page
    assert "15 min offertes au fonds" in page


def test_without_a_timestamp_there_is_no_pdf_and_it_is_said(
    cast: Cast, pair: tuple[int, int], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> bytes:
        raise ServiceUnavailable("timestamp", "no answer")

    url = statement_url(cast, pair[0])
    monkeypatch.setattr(SignatureService, "seal", down)
    answer = client.get(f"{url}.pdf?au={today()}", as_="alice", status=303)
    assert answer.headers["Location"] == f"{url}?au={today()}"
    assert "Le service qui date les documents ne répond pas." in client.get(url, as_="alice").text
    monkeypatch.setattr(routes, "PROVED", 3)
    client.get(f"{url}.pdf", as_="alice", status=303)
    assert "Choisissez une période plus courte." in client.get(url, as_="alice").text


def test_a_long_account_is_read_some_at_a_time(
    cast: Cast, pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch, queries: list[str]
) -> None:
    monkeypatch.setattr(statements, "BATCH", 3)
    with tenant_context(cast.tenants["ascs"].id):
        statement = open_statement(pair[0], today())
        queries.clear()
        assert [m.entry.version for m in iter_movements(statement)] == [1, 2, 3, 4]
        assert len([q for q in queries if "FROM entries" in q]) == 2
