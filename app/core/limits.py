"""Rate limits, counted in Redis. With Redis down, sign-in and codes are refused rather than left open."""

from __future__ import annotations

from flask import g, request
from flask_limiter import Limiter


def caller() -> str:
    """Whom a limit counts: the signed-in person, else the address."""
    actor = g.get("actor")
    if actor and actor.user_id:
        return f"person:{actor.user_id}"
    return f"address:{request.remote_addr}"


limiter = Limiter(caller, strategy="fixed-window", headers_enabled=False)
