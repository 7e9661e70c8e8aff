"""The pages of files taken over: brought, tried, corrected, accepted."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.core import jobs
from app.core.db import db, tenant_context
from app.core.jobs import OutboxRow
from app.reciprocity.commands.imports import KINDS, TABLES
from app.reciprocity.models import Member
from app.reciprocity.queries.accounts import list_accounts
from tests.factories.cast import Cast
from tests.http import Client

HOME = "/ascs/heures/reprises"


def bring(client: Client, content: str, *, status: int = 303, **typed: str) -> str:
    """Send a file by the form; the address of its page."""
    form = {
        "kind": "members",
        "source": "table",
        "bulle": "",
        "category": "",
        "file": (io.BytesIO(content.encode()), "gens.csv"),
        **typed,
    }
    return str(client.post(f"{HOME}/nouvelle", form, as_="alice", status=status).location)


def plain(response: TestResponse) -> str:
    """What an answer says, its unbreakable spaces aside."""
    return response.text.replace("\u00a0", " ")


def work() -> None:
    """The worker does what waits."""
    waiting = sa.select(OutboxRow.id).where(OutboxRow.done_at.is_(None))
    for row_id in db.session.scalars(waiting.where(OutboxRow.name.contains("import"))).all():
        jobs.run(str(row_id))


def test_a_file_is_brought_tried_accepted_and_taken_in(client: Client, cast: Cast) -> None:
    assert "Envoyez un premier fichier" in plain(client.get(f"{HOME}/", as_="alice"))
    assert "Sans Bulle" in plain(client.get(f"{HOME}/nouvelle", as_="alice"))
    shown = bring(client, "Nom\nGinette\nMoussa", bulle=str(cast.bulle.id))
    waiting = plain(client.get(shown, as_="alice"))
    # What is read again every few seconds says the state too.
    assert "Vérification en cours" in waiting.partition('data-rafraichir="5"')[2]
    work()
    tried = plain(client.get(shown, as_="alice"))
    assert "Ginette : nouveau membre." in tried
    assert "Reprendre ces 2 lignes" in tried
    client.post(f"{shown}/reprise", as_="alice")
    assert "Reprise en cours" in plain(client.get(shown, as_="alice"))
    work()
    assert "C’est fait : 2 membres de plus" in plain(client.get(shown, as_="alice"))
    client.post(f"{shown}/verification", as_="alice")
    assert "gens.csv" in plain(client.get(f"{HOME}/", as_="alice"))
    with tenant_context(cast.tenants["ascs"].id):
        assert set(db.session.scalars(sa.select(Member.bulle_id))) == {cast.bulle.id}


def test_faulty_lines_are_shown_and_the_whole_report_downloaded(client: Client) -> None:
    rows = "\n".join(f"Prénom {n};pas une adresse {n}" for n in range(250))
    shown = bring(client, f"Nom;E-mail\n{rows}")
    work()
    page = plain(client.get(shown, as_="alice"))
    assert "250 lignes sont à corriger sur 250" in page
    assert "Voici les 200 premières." in page
    assert "Ligne 201" in page
    assert "Ligne 202" not in page
    report = plain(client.get(f"{shown}?format=csv", as_="alice"))
    assert report.count("\r\n") == 251
    assert "251;À corriger;« pas une adresse 249 » n’est pas une adresse e-mail" in report
    client.post(f"{shown}/reprise", as_="alice", status=422)
    client.post(f"{shown}/verification", as_="alice")
    assert "Vérification en cours" in plain(client.get(shown, as_="alice"))


def test_limits_that_history_crosses_are_accepted_in_words(client: Client) -> None:
    shown = bring(client, "Nom\nGinette\nMoussa")
    work()
    client.post(f"{shown}/reprise", as_="alice")
    work()
    days = "\n".join(f"0{n}/01/2020;Ginette;Moussa;10 h" for n in range(1, 5))
    history = bring(client, f"Jour;Qui a donné;Qui a reçu;Durée\n{days}", kind="exchanges")
    work()
    page = plain(client.get(history, as_="alice"))
    assert "1 limite dépassée" in page
    assert "Moussa va jusqu’à −40 h, pour une limite de −20 h" in page
    refused = plain(client.post(f"{history}/reprise", as_="alice", status=422))
    assert "Cochez la case" in refused
    client.post(f"{history}/reprise", {"beyond_limits": "y"}, as_="alice")
    work()
    assert "4 échanges de plus" in plain(client.get(history, as_="alice"))
    again = bring(client, f"Jour;Qui a donné;Qui a reçu;Durée\n{days}\n", kind="exchanges")
    work()
    page = plain(client.get(again, as_="alice"))
    assert "Tout est déjà là : 4 lignes reconnues" in page
    for told in (page, plain(client.get(f"{HOME}/", as_="alice"))):
        assert "Rien à reprendre" in told
        assert "Prêt à reprendre" not in told


def test_what_is_not_a_file_or_not_chosen_comes_back(client: Client) -> None:
    bring(client, "Nom\nZoé", kind="chats", status=422)
    bring(client, "Nom\nZoé", bulle="autre", status=422)
    client.post(f"{HOME}/nouvelle", {"kind": "members", "source": "table"}, as_="alice", status=422)
    binary = {"kind": "members", "source": "table", "file": (io.BytesIO(b"\0\1"), "a.xlsx")}
    page = plain(client.post(f"{HOME}/nouvelle", binary, as_="alice", status=422))
    assert "format CSV" in page


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_of_each_table_is_accepted_as_it_is(client: Client, kind: str) -> None:
    model = client.get(f"{HOME}/modeles/{kind}", as_="alice")
    header = model.text.lstrip("\ufeff").splitlines()[0]
    assert header.split(";") == [column.header for column in TABLES[kind]]
    for before in dict.fromkeys(("members", kind)):
        content = plain(client.get(f"{HOME}/modeles/{before}", as_="alice"))
        if before == "members":
            content += "M-15;Yann;;;;;;;;\r\n"
        shown = bring(client, content, kind=before)
        work()
        page = plain(client.get(shown, as_="alice"))
        assert re.search(r"Reprendre (cette|ces 2) lignes?", page), page
        client.post(f"{shown}/reprise", as_="alice")
        work()
    client.get(f"{HOME}/modeles/chats", as_="alice", status=404)


def test_only_who_administers_takes_files_in(client: Client) -> None:
    shown = bring(client, "Nom\nZoé")
    for who in ("bob", "carole"):
        for url in (f"{HOME}/", f"{HOME}/nouvelle", shown, f"{HOME}/modeles/members"):
            client.get(url, as_=who, status=403)
        client.post(f"{shown}/reprise", as_=who, status=403)
        client.post(f"{shown}/verification", as_=who, status=403)
    client.get(shown.replace("/ascs/", "/ccas/"), as_="denis", status=404)


def test_hours_of_welcome_are_a_box_to_tick(client: Client, cast: Cast) -> None:
    rules = {
        "receive": "20", "give": "", "invite_to_give": "8", "invite_to_receive": "12", "welcome": "2",
        "reason": "",
    }  # fmt: skip
    client.post("/ascs/heures/regles/nouvelles", rules, as_="alice")
    row = "1,Awa,awa@exemple.fr,,,2024-01-01 10:00:00 UTC,,fr,0"
    timeoverflow = bring(client, f"a,b,c,d,e,f,g,h,i\n{row}", source="timeoverflow")
    table = bring(client, "Nom\nGinette\nMoussa")
    work()
    box = re.compile(r'<input[^>]* name="welcome"[^>]*>')
    page = plain(client.get(timeoverflow, as_="alice"))
    assert "Bienvenue : 2 h en tout, pour 1 personne nouvelle." in page
    assert "checked" not in box.findall(page)[0]
    page = plain(client.get(table, as_="alice"))
    assert "Bienvenue : 4 h en tout, pour 2 personnes nouvelles." in page
    assert "checked" in box.findall(page)[0]
    client.post(f"{table}/reprise", {"welcome": "y"}, as_="alice")
    client.post(f"{timeoverflow}/reprise", as_="alice")
    work()
    assert "Bienvenue : 4 h en tout" in plain(client.get(table, as_="alice"))
    assert "Bienvenue" not in plain(client.get(timeoverflow, as_="alice"))
    with tenant_context(cast.tenants["ascs"].id):
        assert sorted(account.balance for account in list_accounts("member")) == [0, 120, 120]
