"""Flask-Security's mails, written by our own templates and sent by a job like every other."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask_security import MailUtil

from app.core.config import settings
from app.core.mail import compose, post
from app.tenants.models import User

MAILS = {
    "security/email/reset_instructions": ("mot_de_passe_oublie", "Choisir un nouveau mot de passe"),
    "security/email/reset_notice": ("mot_de_passe_change", "Votre mot de passe a changé"),
    "security/email/change_notice": ("mot_de_passe_change", "Votre mot de passe a changé"),
    "security/email/confirmation_instructions": ("adresse_a_confirmer", "Confirmer votre adresse"),
}
LINKS = ("reset_link", "confirmation_link")


class PostedMail(MailUtil):
    """Composes the French mail that stands for one of Flask-Security's."""

    def normalize(self, email: str) -> str:
        """The address as it is looked for; phones leave a space after it."""
        return str(super().normalize(email.strip()))

    def validate(self, email: str) -> str:
        """The same, for an address that a mail will be sent to."""
        return str(super().validate(email.strip()))

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str,
        sender: str,
        body: str | None,
        html: str | None,
        *,
        user: User,
        **context: Any,
    ) -> None:
        """Write the mail in the running transaction; a job sends it."""
        name, our_subject = MAILS[template]
        link = next((_ours(context[key]) for key in LINKS if key in context), "")
        post(compose(recipient, our_subject, name, person=user, link=link))


def _ours(link: str) -> str:
    """The same page under our own address: a forged Host header never reaches a mail."""
    return settings().public_url.rstrip("/") + urlsplit(link).path
