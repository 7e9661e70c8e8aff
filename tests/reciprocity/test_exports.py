"""Everything taken elsewhere: nothing is missing, and it comes back as it was."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
import sqlalchemy as sa

from app.core.audit import AuditEvent
from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.listing import stream_zip
from app.reciprocity.commands.accounts import open_group
from app.reciprocity.commands.cheques import Slip, issue_booklet, key_cheques
from app.reciprocity.commands.exchanges import record_group, reverse_transfer
from app.reciprocity.commands.imports import Upload, accept_import, start_import
from app.reciprocity.commands.members import leave_member
from app.reciprocity.commands.offers import OfferSheet, publish_offer
from app.reciprocity.jobs import carry_out_import, try_import
from app.reciprocity.models import Account, Entry, Member, Offer, OfferKind
from app.reciprocity.models.cheque_numbers import number_cheque
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.exports import cut, pair_up
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client

Table = list[dict[str, str]]


def download(client: Client) -> dict[str, bytes]:
    """The files of the archive."""
    response = client.get("/ascs/heures/export/archive", as_="alice")
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def table(content: bytes) -> Table:
    """A table of the archive."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
def full(cast: Cast) -> dict[str, int]:
    """A register with something of each kind; name → account number."""
    accounts = join(cast, "Bernadette", "Yann", "Fatima", "Parti")
    reversed_id = exchange(cast, accounts["Yann"], accounts["Fatima"], 45, wording="Courses ; pain")
    exchange(cast, accounts["Parti"], accounts["Bernadette"], 1140)
    exchange(cast, accounts["Parti"], accounts["Yann"], 1140)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        group = open_group(alice, "Chorale", cast.bulle.id).number
        ids = dict(db.session.execute(sa.select(Member.name, Member.id)).all())
        shares = {
            accounts["Yann"]: 50,
            group: 40,
            accounts["Fatima"]: -60,
            accounts["Bernadette"]: -30,
        }
        record_group(alice, new_id(), shares, today(), wording="=Goûter")
        reverse_transfer(alice, reversed_id, "Un autre jour")
        booklet = issue_booklet(alice, ids["Bernadette"], new_id())
        issue_booklet(alice, ids["Yann"], new_id())
        number = number_cheque(alice.tenant_id, booklet.number, 2)
        key_cheques(alice, [Slip(number, "Fatima", 30, today())])
        theme = list_categories()[0].id
        publish_offer(
            alice, ids["Yann"], OfferSheet(OfferKind.OFFER, theme, "Vélo", "-10 % de freins")
        )
        publish_offer(alice, ids["Yann"], OfferSheet(OfferKind.REQUEST, theme, "Ourlet", ""))
        leave_member(alice, ids["Parti"])
        db.session.commit()
    return accounts | {"Chorale": group}


def test_everything_is_in_the_archive(client: Client, cast: Cast, full: dict[str, int]) -> None:
    files = download(client)
    tables = ("membres", "annonces", "echanges", "ecritures", "soldes", "cheques", "heures")
    assert sorted(files) == sorted(["LISEZ-MOI.txt", *(f"{name}.csv" for name in tables)])
    assert all(name in files["LISEZ-MOI.txt"].decode() for name in files if name.endswith("csv"))
    with tenant_context(cast.tenants["ascs"].id):
        entries = db.session.scalar(sa.select(sa.func.count()).select_from(Entry))
        balances = dict(db.session.execute(sa.select(Account.number, Account.balance)).all())
        told = db.session.scalars(
            sa.select(AuditEvent.actor_name).where(AuditEvent.action == "export.made")
        )
        assert told.all() == ["Alice Morel"]
    assert len(table(files["ecritures.csv"])) == entries
    shown = {
        int(row["Compte"]): int(row["Solde"].lstrip("'")) for row in table(files["soldes.csv"])
    }
    assert shown == balances
    assert sum(shown.values()) == 0
    last = {row["Compte"]: row["Solde après"] for row in table(files["ecritures.csv"])}
    assert all(balances[int(number)] == int(after.lstrip("'")) for number, after in last.items())
    cheques = table(files["cheques.csv"])
    assert [row["Membre"] for row in cheques] == ["Bernadette", "Yann"]
    assert cheques[0]["Échange"]
    groups = [row["Nom"] for row in table(files["membres.csv"]) if row["Genre"] == "groupe"]
    assert groups == ["Chorale"]
    assert [row["Genre"] for row in table(files["annonces.csv"])] == ["offre", "besoin"]


def take(cast: Cast, who: str, kind: str, content: bytes) -> tuple[int, int]:
    """Bring a file to an organisation and take it in: how many lines are new, how many were there."""
    actor = cast.actor(who)
    with tenant_context(actor.tenant_id):
        run = start_import(actor, Upload(kind, "table", f"{kind}.csv", content))
        try_import(str(run.id))
        assert run.state == "tried", run.report
        accept_import(actor, run.id, beyond_limits=True)
        carry_out_import(str(run.id), str(actor.user_id), actor.name)
        assert run.state == "done", run.report
        counts = run.fresh, run.known
        db.session.commit()
    return counts


def test_it_comes_back_as_it_was_and_adds_nothing_where_it_is(
    client: Client, cast: Cast, full: dict[str, int]
) -> None:
    files = download(client)
    tables = {"members": "membres.csv", "offers": "annonces.csv", "exchanges": "echanges.csv"}
    for kind, name in tables.items():
        assert take(cast, "alice", kind, files[name]) == (0, len(table(files[name])))
    elsewhere = files["membres.csv"].decode().replace(cast.bulle.name, "").encode()
    assert take(cast, "denis", "members", elsewhere)[0] == len(table(elsewhere))
    for kind in ("offers", "exchanges"):
        assert take(cast, "denis", kind, files[tables[kind]])[1] == 0
    assert balances(cast, "denis") == balances(cast, "alice")
    for kind in ("offers", "exchanges"):
        assert take(cast, "denis", kind, files[tables[kind]])[0] == 0
    with tenant_context(cast.actor("denis").tenant_id):
        notices = dict(db.session.execute(sa.select(Offer.title, Offer.kind)).all())
    assert notices == {"Vélo": "offer", "Ourlet": "request"}


def balances(cast: Cast, who: str) -> dict[str, int]:
    """What each person and group has; the organisation and its fund together."""
    found: dict[str, int] = {}
    with tenant_context(cast.actor(who).tenant_id):
        rows = sa.select(
            Account.kind, sa.func.coalesce(Member.name, Account.label), Account.balance
        )
        joined = rows.outerjoin(
            Member, (Member.tenant_id == Account.tenant_id) & (Member.account_no == Account.number)
        )
        for kind, name, balance in db.session.execute(joined):
            who_has = "organisation" if kind in ("tenant", "fund") else name
            found[who_has] = found.get(who_has, 0) + balance
    return found


def test_a_group_exchange_is_told_by_pairs() -> None:
    assert pair_up({1: 50, 2: 40, 3: -60, 4: -30}) == [(1, 3, 50), (2, 3, 10), (2, 4, 30)]
    assert cut([(1, 2, 3000)]) == [(1, 2, 1440), (1, 2, 1440), (1, 2, 120)]


def test_only_who_administers_takes_everything(client: Client, full: dict[str, int]) -> None:
    for who in ("bob", "carole"):
        client.get("/ascs/heures/export/", as_=who, status=403)
        client.get("/ascs/heures/export/archive", as_=who, status=403)
    page = client.get("/ascs/heures/export/", as_="alice").text
    assert "soldes.csv" in page
    # With `download`, a browser would save the page that asks who one is.
    assert '<a class="btn btn-primary" href="/ascs/heures/export/archive">' in page
    assert "pas encore ouvert" in client.get("/carsat/heures/export/", as_="fanny").text
    client.get("/carsat/heures/export/archive", as_="fanny", status=404)


def test_an_archive_is_sent_as_it_is_made() -> None:
    made: list[int] = []

    def pieces() -> object:
        for rank in range(200):
            made.append(rank)
            yield bytes(str(rank), "ascii") * 20_000

    sent = stream_zip([("grand.txt", pieces())])  # type: ignore[arg-type,list-item]
    first = next(chunk for chunk in sent if chunk)
    assert len(made) < 200
    whole = first + b"".join(sent)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert len(archive.read("grand.txt")) == sum(20_000 * len(str(rank)) for rank in range(200))
