"""A service goes down in the middle of signing: the act is kept, the work waits and ends once, by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.conventions.models import SealStep, SignatoryAct, State
from app.core.jobs import OutboxRow
from tests.chaos.house import House, until
from tests.chaos.office import Journey, Office
from tests.chaos.outside import MailServer, TimestampServer
from tests.chaos.signatory import Signatory

KEPT = "Votre signature est gardée"
RETRY = r"Prochain essai à \d+\sh\s\d\d\. Vous n’avez rien à faire\."


@pytest.fixture
def last(journey: Journey) -> Signatory:
    """The last signatory, code in hand; the others have signed."""
    first, second, last = journey.people
    first.sign()
    second.sign()
    last.open()
    last.ask_code()
    return last


@contextmanager
def without_storage(house: House) -> Iterator[None]:
    """A file stands where the folder of the documents should be."""
    folder = house.folder / "documents"
    aside = folder.rename(house.folder / "aside")
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


def waiting_on(office: Office, service: str) -> list[OutboxRow]:
    return [row for row in office.pending() if row.waiting_on == service]


def page_that_waits(person: Signatory, sentence: str) -> bool:
    page = person.once(person.link)
    return KEPT in page and sentence in page and bool(re.search(RETRY, page))


def test_without_timestamps_the_document_waits(
    office: Office, timestamps: TimestampServer, journey: Journey, last: Signatory
) -> None:
    until(lambda: office.count(SealStep, journey) == 2, "two signatures are posed")
    with timestamps.down():
        assert KEPT in last.send_signature()
        until(lambda: waiting_on(office, "timestamp"), "the work waits")
        sentence = "Le document attend l’horodatage"
        until(lambda: page_that_waits(last, sentence), "the page says so")
        assert office.state(journey.convention_id) == State.SIGNING
        assert office.count(SealStep, journey) == 2
    office.check(journey)


def test_without_storage_the_document_waits(
    house: House, office: Office, journey: Journey, last: Signatory
) -> None:
    with without_storage(house):
        assert KEPT in last.send_signature()
        until(lambda: waiting_on(office, "storage"), "the work waits")
        sentence = "le service qui garde les documents ne répond pas"
        until(lambda: page_that_waits(last, sentence), "the page says so")
    office.check(journey)


def test_without_redis_one_signs_all_the_same(
    house: House, office: Office, journey: Journey, last: Signatory
) -> None:
    with house.without("valkey"):
        form = last.form()
        assert KEPT in last.once(last.link, **form)
        assert office.count(SignatoryAct, journey) == 3
    office.check(journey)


def test_without_database_the_page_is_french_and_the_form_is_sent_again(
    house: House, office: Office, journey: Journey, last: Signatory
) -> None:
    form = last.form()
    with house.without("postgres"):
        status, page = last.refused(last.link, **form)
        assert status == 503
        assert "Un service ne répond pas" in page
    assert KEPT in last.request(last.link, **form)
    office.check(journey)


def test_without_mail_server_the_mails_wait(
    house: House, office: Office, mail_server: MailServer, journey: Journey, last: Signatory
) -> None:
    with house.settings_of("worker", MAIL_URL=mail_server.url):
        last.send_signature()
        until(lambda: len(waiting_on(office, "mail")) == 3, "three mails wait")
        assert office.state(journey.convention_id) == State.IN_FORCE
        mail_server.start()
        until(lambda: not office.pending(), "the mails have left")
    office.sent_elsewhere = len(mail_server.received)
    marks = [re.search(r"Message-ID: (\S+)", text) for text in mail_server.received]
    assert len({mark[1] for mark in marks if mark}) == 3
    office.check(journey)
