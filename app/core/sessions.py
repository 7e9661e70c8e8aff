"""Server-side sessions: the cookie is a random key, everything else is a row that can be revoked."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.datastructures import CallbackDict

from app.core.clock import now
from app.core.db import Model, db, new_id

IDLE = timedelta(hours=8)
LIFETIME = timedelta(days=14)
TOUCH_EVERY = timedelta(minutes=1)


class WebSession(Model):
    """One browser's session. Only the digest of its key is kept."""

    __tablename__ = "web_sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key_sha256: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    data: Mapped[dict[str, Any]]
    user_agent: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now, index=True)


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """What `flask.session` is. `renew()` gives it a new key: at sign-in, against fixation."""

    def __init__(self, data: dict[str, Any], key: str | None, row_id: uuid.UUID | None) -> None:
        def changed(_: Any) -> None:
            self.modified = True

        super().__init__(data, changed)
        self.key, self.row_id = key, row_id
        self.new, self.modified = key is None, False
        self.is_stale = False

    def renew(self) -> None:
        """Leave the old key behind; the row follows under a new one."""
        self.key, self.modified = None, True


class ServerSessions(SessionInterface):
    """Loads the row of the cookie, saves it back when it changed or was not seen for a minute."""

    def get_cookie_name(self, app: Flask) -> str:
        """`__Host-session` over HTTPS, `session` on a development machine."""
        return "__Host-session" if app.config["SETTINGS"].is_secure else "session"

    def open_session(self, app: Flask, incoming: Request) -> ServerSession:
        """The session of the cookie; a new empty one when it is unknown, revoked or expired."""
        key = incoming.cookies.get(self.get_cookie_name(app))
        row = _find(key) if key else None
        if row is None or key is None:
            return ServerSession({}, None, None)
        session = ServerSession(dict(row.data), key, row.id)
        session.is_stale = row.seen_at < now() - TOUCH_EVERY
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the row in a transaction of its own, after the request's has ended."""
        assert isinstance(session, ServerSession)  # noqa: S101 for the type checker
        response.vary.add("Cookie")
        if not (session.modified or session.is_stale) or (session.new and not session):
            return
        key = session.key or secrets.token_urlsafe(32)
        _save(session, key)
        if key != session.key:
            self._set_cookie(app, response, key)

    def _set_cookie(self, app: Flask, response: Response, key: str) -> None:
        response.set_cookie(
            self.get_cookie_name(app),
            key,
            max_age=LIFETIME,
            httponly=True,
            secure=app.config["SETTINGS"].is_secure,
            samesite="Lax",
            path="/",
        )


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _find(key: str) -> WebSession | None:
    return db.session.scalar(
        sa.select(WebSession).where(
            WebSession.key_sha256 == _sha256(key),
            WebSession.seen_at > now() - IDLE,
            WebSession.created_at > now() - LIFETIME,
        )
    )


def _save(session: ServerSession, key: str) -> None:
    values = {
        "key_sha256": _sha256(key),
        # A flashed sentence may be a lazy translation: its text is what is kept.
        "data": json.loads(json.dumps(dict(session), default=str)),
        "seen_at": now(),
        "user_agent": (request.user_agent.string or "")[:300],
        "address": request.remote_addr or "",
        "user_id": uuid.UUID(person) if (person := session.get("person_id")) else None,
    }
    updated = (
        session.row_id
        and db.session.execute(
            sa.update(WebSession)
            .where(WebSession.id == session.row_id)
            .values(values)
            .returning(WebSession.id)
        ).scalar()
    )
    # A row revoked while this request ran must not come back: only a session without a row inserts one.
    if not updated and session.row_id is None:
        db.session.execute(sa.insert(WebSession).values(id=new_id(), **values))
    db.session.commit()


def list_sessions(user_id: uuid.UUID) -> list[WebSession]:
    """The open sessions of one person, last seen first."""
    return list(
        db.session.scalars(
            sa.select(WebSession)
            .where(WebSession.user_id == user_id, WebSession.seen_at > now() - IDLE)
            .order_by(WebSession.seen_at.desc())
        )
    )


def revoke_sessions(user_id: uuid.UUID, *, only: uuid.UUID | None = None) -> None:
    """End one session of a person, or all of them."""
    statement = sa.delete(WebSession).where(WebSession.user_id == user_id)
    db.session.execute(statement.where(WebSession.id == only) if only else statement)


def purge_sessions() -> None:
    """Delete what has expired."""
    db.session.execute(
        sa.delete(WebSession).where(
            (WebSession.seen_at < now() - IDLE) | (WebSession.created_at < now() - LIFETIME)
        )
    )
