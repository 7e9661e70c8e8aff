"""Mails: written in the transaction of the act, encrypted while they wait, sent by a job."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import current_app, render_template

from app.core.crypto import open_json, seal_json
from app.core.gateways.mail import MailGateway
from app.core.jobs import job, later


@dataclass(frozen=True)
class Message:
    """One mail to one person."""

    to: str
    subject: str
    text: str
    html: str


def compose(to: str, subject: str, template: str, **context: object) -> Message:
    """Render `templates/emails/<template>.txt` and `.html` into a message."""
    return Message(
        to=to,
        subject=subject,
        text=render_template(f"emails/{template}.txt", sujet=subject, **context),
        html=render_template(f"emails/{template}.html", sujet=subject, **context),
    )


def post(message: Message) -> None:
    """Send the message once the current transaction has committed."""
    later("core.send_mail", sealed=seal_json(asdict(message)))


@job
def send_mail(sealed: str) -> None:
    """Send one message. Its Message-ID comes from its content's seal: a mail sent twice is recognised."""
    gateway: MailGateway = current_app.extensions["mail_gateway"]
    message = Message(**open_json(sealed))
    gateway.send(message.to, message.subject, message.text, message.html, key=sealed)
