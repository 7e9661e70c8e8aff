"""Mail leaves by SMTP, or into a folder (demonstration and tests) that `/courrier` shows."""

from __future__ import annotations

import email
import hashlib
import os
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from app.core.clock import now
from app.core.errors import ServiceUnavailable


class MailGateway(Protocol):
    """Where mails go."""

    def send(self, to: str, subject: str, text: str, html: str, *, key: str) -> None: ...


def open_mail(url: str, sender: str) -> SmtpMail | FolderMail:
    """The gateway of a MAIL_URL: `smtp://user:password@host:port`, `smtps://…` or `folder:///path`."""
    parts = urlsplit(url)
    if parts.scheme == "folder":
        return FolderMail(Path(unquote(parts.path)), sender)
    if parts.scheme in {"smtp", "smtps"}:
        return SmtpMail(url, sender)
    raise ValueError(f"MAIL_URL inconnu : {parts.scheme}:")


def _build(sender: str, to: str, subject: str, text: str, html: str, key: str) -> EmailMessage:
    message = EmailMessage(policy=default)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = now()
    message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@reseau-des-bulles>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


class MailRefused(Exception):
    """The server says that it will never take this mail; the job's bounded tries end on its page."""


def is_final(error: Exception) -> bool:
    """Whether an SMTP answer is permanent: 5xx (RFC 5321, 4.2.1), for the mail or for every recipient."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(code >= 500 for code, _ in error.recipients.values())
        case smtplib.SMTPResponseException():
            return error.smtp_code >= 500
        case _:
            return False


class SmtpMail:
    """A real mail server; STARTTLS when it offers it, credentials only over TLS."""

    def __init__(self, url: str, sender: str, timeout: float = 10) -> None:
        self.parts, self.sender, self.timeout = urlsplit(url), sender, timeout

    def send(self, to: str, subject: str, text: str, html: str, *, key: str) -> None:
        """Hand one mail to the server. MailRefused: it will never take it; ServiceUnavailable: wait."""
        try:
            with self._connect() as server:
                server.send_message(_build(self.sender, to, subject, text, html, key))
        except (OSError, smtplib.SMTPException) as error:
            if is_final(error):
                raise MailRefused(str(error)) from error
            raise ServiceUnavailable("mail", str(error)) from error

    def _connect(self) -> smtplib.SMTP:
        host, port = self.parts.hostname or "localhost", self.parts.port or 0
        if self.parts.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(host, port, timeout=self.timeout, context=context)
        server = smtplib.SMTP(host, port, timeout=self.timeout)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        elif self.parts.username:
            raise ServiceUnavailable("mail", "the server offers no TLS: the password stays here")
        if self.parts.username:
            server.login(unquote(self.parts.username), unquote(self.parts.password or ""))
        return server


class FolderMail:
    """Mails as `.eml` files, newest last; one file per key, so that a mail sent twice stays one."""

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    def send(self, to: str, subject: str, text: str, html: str, *, key: str) -> None:
        """Write one mail, or raise ServiceUnavailable."""
        message = _build(self.sender, to, subject, text, html, key)
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.folder / f".{name}-{os.getpid()}"
            draft.write_bytes(message.as_bytes())
            draft.replace(self.folder / f"{name}.eml")
        except OSError as error:
            raise ServiceUnavailable("mail", str(error)) from error

    def read(self) -> Iterator[tuple[str, EmailMessage]]:
        """Every mail, newest first, as (name, message)."""
        files = sorted(self.folder.glob("*.eml"), key=lambda f: f.stat().st_mtime_ns, reverse=True)
        for file in files:
            message = email.message_from_bytes(file.read_bytes(), policy=default)
            yield file.stem, message
