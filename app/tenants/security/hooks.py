"""What happens around a sign-in: a new key for the session, the other sessions that end, the log."""

from __future__ import annotations

from typing import Any, NoReturn, cast

import structlog
from flask import Flask, abort, request, session
from flask_login import user_logged_out
from flask_security import password_changed, password_reset, user_authenticated
from flask_security.signals import user_failed_authn

from app.core.limits import account, account_here, caller, throttled
from app.core.sessions import ServerSession, revoke_sessions
from app.tenants.commands.account import end_other_sessions
from app.tenants.models import User

log = structlog.get_logger(__name__)


def _second_step() -> str:
    """Who is half signed in: their second proof is counted wherever it is tried from."""
    return f"second:{session.get('tf_user_id', request.remote_addr)}"


LIMITS = {
    "security.login": [
        ("10 per 15 minutes", account_here),
        ("60 per hour", account),
        ("60 per 15 minutes", caller),
    ],
    "security.forgot_password": [("5 per hour", account), ("30 per hour", caller)],
    "security.send_confirmation": [("5 per hour", account), ("30 per hour", caller)],
    "security.reset_password": [("20 per hour", caller)],
    "security.change_password": [("10 per 15 minutes", caller)],
    "security.verify": [("10 per 15 minutes", caller)],
    "security.two_factor_token_validation": [("10 per 15 minutes", _second_step)],
    "security.mf_recovery": [("10 per 15 minutes", _second_step)],
    "security.wan_signin_response": [("30 per 15 minutes", caller)],
    "security.wan_verify_response": [("30 per 15 minutes", caller)],
}
"""How many tries each door gives. A centre shares one address among many people: those are wider."""


def install(app: Flask) -> None:
    """Connect to Flask-Security's signals."""
    user_authenticated.connect(_begin_session, app)
    user_logged_out.connect(_end_session, app)
    password_changed.connect(_end_other_sessions, app)
    password_reset.connect(_end_other_sessions, app)
    user_failed_authn.connect(_log_failure, app)
    app.before_request(_refuse_json)
    for endpoint, limits in LIMITS.items():
        for limit, key in limits:
            app.view_functions[endpoint] = throttled(limit, key)(app.view_functions[endpoint])
    # A lost phone is what recovery codes are for: no code by e-mail, no mail to an administrator.
    app.view_functions["security.two_factor_rescue"] = _closed


def _begin_session(sender: Flask, *, user: User, authn_via: list[str] | None, **_: Any) -> None:
    # A new key at every sign-in: whoever planted the old one holds nothing (ASVS 7.2.4).
    cast(ServerSession, session).renew()
    session["person_id"] = str(user.id)
    log.info("signed in", person=str(user.id), by=authn_via)


def _end_session(sender: Flask, *, user: User, **_: Any) -> None:
    if user.is_anonymous:
        return
    if row_id := cast(ServerSession, session).row_id:
        revoke_sessions(user.id, only=row_id)
    session.clear()
    log.info("signed out", person=str(user.id))


def _end_other_sessions(sender: Flask, *, user: User, **_: Any) -> None:
    # The session that changed the password goes on, under the key of its new sign-in (ASVS 7.4.3).
    end_other_sessions(user.id, keep=cast(ServerSession, session).row_id)
    log.info("password changed", person=str(user.id))


def _log_failure(sender: Flask, *, user: User, auth_type: str, **_: Any) -> None:
    log.warning("sign-in refused", person=str(user.id), by=auth_type, address=request.remote_addr)


def _closed() -> NoReturn:
    abort(404)


def _refuse_json() -> None:
    """The door reads forms only."""
    if request.blueprint == "security" and request.is_json:
        abort(400)
