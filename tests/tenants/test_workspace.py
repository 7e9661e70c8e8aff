"""Homes, journal, jobs, the mail folder of the demonstration, and the pages that explain."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from flask import Flask

from app.core.audit import record
from app.core.clock import now
from app.core.db import db, tenant_context
from app.core.gateways.mail import SmtpMail
from app.core.jobs import JOBS, OutboxRow
from app.tenants.routes.works import LABELS
from tests.factories.cast import Cast
from tests.http import Client


def add_job(tenant_id: uuid.UUID, name: str, error: str) -> uuid.UUID:
    row = OutboxRow(name=name, tenant_id=tenant_id, args={}, failed_at=now(), last_error=error)
    db.session.add(row)
    db.session.commit()
    return row.id


def test_the_first_task_is_the_sheet_then_the_team(client: Client) -> None:
    page = client.get("/ascs/", as_="alice").get_data(as_text=True)
    assert page.count('class="a-faire"') == 1
    assert "Complétez la fiche « Fontaine d’Ouche »" in page


def test_nothing_to_do_is_said_in_one_line(client: Client) -> None:
    page = client.get("/ascs/", as_="carole").get_data(as_text=True)
    assert "Rien ne vous attend aujourd’hui." in page
    assert "a-faire" not in page


def test_alone_in_a_space_one_invites_the_others(client: Client) -> None:
    page = client.get("/ccas/", as_="denis").get_data(as_text=True)
    assert "Invitez votre équipe" in page


def test_the_network_sees_where_the_bulles_are(client: Client) -> None:
    page = client.get("/ocytocines/", as_="olga").get_data(as_text=True)
    assert "Où en sont les Bulles" in page
    assert "Étape 1 sur 7" in page


@pytest.mark.parametrize("page", ["menu", "taches"])
def test_the_menu_and_the_tasks_are_pages(client: Client, page: str) -> None:
    client.get(f"/ascs/{page}", as_="carole")


def test_the_journal_shows_one_organisation_and_one_subject(client: Client, cast: Cast) -> None:
    alice, denis = cast.actor("alice"), cast.actor("denis")
    bulle, network = cast.bulle, cast.tenants["ocytocines"]
    subjects = ((alice, bulle), (alice, network), (denis, bulle))
    labelled = [(actor, type(s)(id=s.id, name=s.name)) for actor, s in subjects]
    for actor, subject in labelled:
        with tenant_context(actor.tenant_id):
            action = (
                "bulle.updated" if subject.audit_label == "Fontaine d’Ouche" else "tenant.updated"
            )
            record(actor, action, subject)
            db.session.commit()
    whole = client.get("/ascs/journal/", as_="alice").get_data(as_text=True)
    assert "Alice Morel" in whole
    assert "Denis" not in whole
    one = client.get(f"/ascs/journal/?sujet={labelled[0][1].id}", as_="alice").get_data(
        as_text=True
    )
    assert "a modifié la fiche" in one
    assert "a modifié l’organisation" not in one
    exported = client.get("/ascs/journal/?format=csv", as_="alice").get_data().decode("utf-8-sig")
    assert exported.count("Alice Morel") == 2
    client.get("/ascs/journal/", as_="carole", status=403)


def test_jobs_are_seen_by_their_administrators_and_run_again(client: Client, cast: Cast) -> None:
    ours = add_job(cast.tenants["ascs"].id, "core.send_mail", "panne du disque")
    theirs = add_job(cast.tenants["ccas"].id, "core.send_mail", "une autre panne")
    page = client.get("/ascs/travaux/", as_="alice").get_data(as_text=True)
    assert "panne du disque" in page
    assert "une autre panne" not in page
    assert "une autre panne" in client.get("/ocytocines/travaux/", as_="olga").get_data(
        as_text=True
    )
    client.post(f"/ascs/travaux/{theirs}/reprise", as_="alice", status=404)
    client.post(f"/ascs/travaux/{ours}/reprise", as_="alice")
    db.session.expire_all()
    assert db.session.get_one(OutboxRow, ours).failed_at is None
    assert db.session.get_one(OutboxRow, theirs).failed_at is not None
    client.get("/ascs/travaux/", as_="bob", status=403)


def test_the_mail_folder_shows_text_and_links_and_no_markup(client: Client, app: Flask) -> None:
    text = "Ouvrez http://localhost/a?b=1&c=2.\n<script>alerte()</script>"
    app.extensions["mail_gateway"].send("a@exemple.fr", "Bonjour", text, "<p>", key="k")
    listing = client.get("/courrier/").get_data(as_text=True)
    assert "Bonjour" in listing
    name = next(Path(app.extensions["mail_gateway"].folder).glob("*.eml")).stem
    page = client.get(f"/courrier/{name}").get_data(as_text=True)
    assert 'href="http://localhost/a?b=1&amp;c=2"' in page
    assert "<script>alerte" not in page
    client.get("/courrier/inconnu", status=404)


def test_there_is_no_mail_folder_where_mails_are_sent(
    client: Client, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = SmtpMail("smtp://localhost:1", "bonjour@exemple.fr")
    monkeypatch.setitem(app.extensions, "mail_gateway", sent)
    client.get("/courrier/", status=404)


@pytest.mark.parametrize("page", ["/aide", "/accessibilite", "/donnees-personnelles"])
def test_the_pages_that_explain_are_for_everyone(client: Client, page: str) -> None:
    client.get(page)


def test_every_job_has_a_french_name() -> None:
    assert set(LABELS) == set(JOBS)
