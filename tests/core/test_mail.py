"""A mail is written with the act, sealed while it waits, and sent once."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import jobs
from app.core.db import db
from app.core.errors import ServiceUnavailable
from app.core.gateways.mail import FolderMail, SmtpMail, is_final, open_mail
from app.core.jobs import OutboxRow
from app.core.mail import Message, post
from launcher.ports import free_port

LETTER = Message(
    "lea@exemple.fr", "Bienvenue à vous", "Bonjour Léa,\nà bientôt.", "<p>Bonjour Léa</p>"
)


@pytest.fixture
def posted(app: Flask, database: None) -> OutboxRow:
    """A mail that waits to be sent."""
    post(LETTER)
    db.session.commit()
    return db.session.scalars(sa.select(OutboxRow)).one()


def sent(app: Flask) -> list[EmailMessage]:
    """What the folder of mails holds."""
    return [mail for _, mail in app.extensions["mail_gateway"].read()]


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return part.get_content().strip()


def test_nothing_is_readable_while_it_waits(app: Flask, posted: OutboxRow) -> None:
    assert set(posted.args) == {"sealed"}
    assert not any(word in str(posted.args) for word in ("lea@", "Bonjour", "Bienvenue"))
    assert sent(app) == []


def test_it_is_sent_whole_and_then_forgotten(app: Flask, posted: OutboxRow) -> None:
    row_id = posted.id
    jobs.run(str(row_id))
    (mail,) = sent(app)
    assert (mail["To"], mail["Subject"]) == (LETTER.to, LETTER.subject)
    assert (body(mail, "plain"), body(mail, "html")) == (LETTER.text, LETTER.html)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert db.session.get_one(OutboxRow, row_id).args == {}


def test_a_mail_sent_again_after_a_crash_is_the_same(app: Flask, posted: OutboxRow) -> None:
    """The worker died between the sending and its mark: the second one bears the same Message-ID."""
    sealed = posted.args["sealed"]
    jobs.JOBS["core.send_mail"](sealed=sealed)
    first = sent(app)[0]["Message-ID"]
    jobs.JOBS["core.send_mail"](sealed=sealed)
    assert [mail["Message-ID"] for mail in sent(app)] == [first]


def test_two_equal_mails_are_two(app: Flask) -> None:
    for _ in range(2):
        post(LETTER)
    db.session.commit()
    for row_id in db.session.scalars(sa.select(OutboxRow.id)).all():
        jobs.run(str(row_id))
    assert len(sent(app)) == 2


def test_a_server_that_is_down_is_waited_for(app: Flask, posted: OutboxRow) -> None:
    row_id = posted.id
    gateway = app.extensions["mail_gateway"]
    app.extensions["mail_gateway"] = SmtpMail(f"smtp://127.0.0.1:{free_port()}", "a@exemple.fr")
    try:
        jobs.run(str(row_id))
    finally:
        app.extensions["mail_gateway"] = gateway
    row = db.session.get_one(OutboxRow, row_id)
    assert (row.waiting_on, row.done_at, row.failed_at) == ("mail", None, None)


def test_an_act_that_fails_sends_nothing(app: Flask) -> None:
    post(LETTER)
    db.session.rollback()
    assert db.session.scalars(sa.select(OutboxRow)).all() == []


def test_a_subject_cannot_add_a_header(tmp_path: Path) -> None:
    gateway = FolderMail(tmp_path, "a@exemple.fr")
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        gateway.send("b@exemple.fr", "Bonjour\nBcc: all@exemple.fr", "t", "h", key="1")


def test_a_folder_that_cannot_be_written_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ServiceUnavailable):
        FolderMail(tmp_path / "taken", "a@exemple.fr").send("b@exemple.fr", "s", "t", "h", key="1")


@pytest.mark.parametrize("url", ["http://mail", "mail", ""])
def test_an_unknown_way_of_sending_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="MAIL_URL inconnu"):
        open_mail(url, "a@exemple.fr")


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (smtplib.SMTPRecipientsRefused({"a@exemple.fr": (550, b"unknown")}), True),
        (smtplib.SMTPRecipientsRefused({"a@exemple.fr": (450, b"busy")}), False),
        (smtplib.SMTPDataError(554, b"spam"), True),
        (smtplib.SMTPDataError(451, b"later"), False),
        (smtplib.SMTPServerDisconnected(), False),
        (OSError(), False),
    ],
)
def test_a_permanent_refusal_is_not_waited_for(error, final):
    assert is_final(error) is final
