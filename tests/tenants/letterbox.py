"""The mails of a test: run the waiting jobs, then read the folder."""

from __future__ import annotations

import re
from email.message import EmailMessage
from typing import cast

import sqlalchemy as sa
from flask import Flask

from app.core import jobs
from app.core.db import db
from app.core.gateways.mail import FolderMail


def deliver(app: Flask) -> list[EmailMessage]:
    """Do all the work that waits, work that it asks for included; every mail, newest first."""
    waiting = sa.select(jobs.OutboxRow.id).where(jobs.OutboxRow.done_at.is_(None))
    while rows := db.session.scalars(waiting.order_by(jobs.OutboxRow.created_at)).all():
        for row_id in rows:
            jobs.run(str(row_id))
    gateway = cast(FolderMail, app.extensions["mail_gateway"])
    return [message for _, message in gateway.read()]


def mail_to(app: Flask, address: str) -> str:
    """The text of the newest mail to an address."""
    found = [mail for mail in deliver(app) if mail["To"] == address]
    assert found, f"no mail to {address}"
    body = found[0].get_body(("plain",))
    assert body
    return str(body.get_content())


def link_to(app: Flask, address: str) -> str:
    """The path of the first link of the newest mail to an address."""
    found = re.search(r"http://localhost(/\S+)", mail_to(app, address))
    assert found
    return found[1]
