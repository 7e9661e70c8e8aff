"""Flask-Security's door to our rule of passwords."""

from __future__ import annotations

from typing import Any

from flask_security import PasswordUtil

from app.tenants.forms.passwords import refuse_password
from app.tenants.models import User


class FrenchPasswordUtil(PasswordUtil):
    """One rule, whoever asks."""

    def validate(
        self, password: str, is_register: bool, **kwargs: Any
    ) -> tuple[list[str] | None, str]:
        """The refusals, or None, and the password as it will be hashed."""
        chosen = self.normalize(password)
        user: User | None = kwargs.get("user")
        about = (user.name, user.email, user.email.split("@")[0]) if user else ()
        refusal = refuse_password(chosen, *about)
        return ([refusal] if refusal else None), chosen
