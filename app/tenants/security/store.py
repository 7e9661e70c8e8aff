"""How Flask-Security finds and keeps people: by the digest of an address, with codes that serve once."""

from __future__ import annotations

from typing import Any

import segno
import sqlalchemy as sa
from flask_security import SQLAlchemyUserDatastore
from flask_security.totp import Totp

from app.core.crypto import digest, normalise_email
from app.core.db import db
from app.tenants.models import Passkey, User


class PeopleStore(SQLAlchemyUserDatastore):
    """People without global roles: roles are per organisation."""

    def __init__(self) -> None:
        super().__init__(db, User, None, Passkey)

    def find_user(self, case_insensitive: bool = False, **criterion: Any) -> User | None:
        """The person of one criterion; an e-mail address is found by its digest."""
        if address := criterion.pop("email", None):
            criterion = {"email_digest": digest(normalise_email(address))}
        return db.session.scalar(sa.select(User).filter_by(**criterion))


class OnceTotp(Totp):
    """One-time codes that really serve once (ASVS 6.5.1): the last step accepted is remembered."""

    def generate_qrcode(self, username: str, totp: str) -> str:
        """The square to photograph, as the address of an image: white around it, in the dark too."""
        code = segno.make(self.get_totp_uri(username, totp), micro=False)
        return str(code.svg_data_uri(scale=4, border=4, light="#fff"))

    def get_last_counter(self, user: User) -> int | None:
        """The step of the last accepted code."""
        return user.totp_counter

    def set_last_counter(self, user: User, tmatch: Any) -> None:
        """Remember the step; two requests with the same code race on this row, and one loses."""
        user.totp_counter = tmatch.counter
