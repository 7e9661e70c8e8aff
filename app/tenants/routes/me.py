"""The signed-in person, for the pages of their own account (elsewhere: g.actor)."""

from __future__ import annotations

from typing import cast

from flask_security import current_user

from app.tenants.models import User


def me() -> User:
    """The person whose session this is. web.py let nobody else in."""
    return cast(User, current_user._get_current_object())
