"""Rate limits, counted in Redis. With Redis down, sign-in is refused rather than left open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar, cast

from flask import abort, request, session
from flask_limiter import Limiter
from limits import RateLimitItem, parse
from redis.exceptions import RedisError

from app.core.crypto import digest, normalise_email
from app.core.errors import ServiceUnavailable

View = TypeVar("View", bound=Callable[..., Any])


def caller() -> str:
    """Whom a limit counts: the signed-in person, else the address."""
    if person := session.get("person_id"):
        return f"person:{person}"
    return f"address:{request.remote_addr}"


limiter = Limiter(caller, strategy="fixed-window", headers_enabled=False)


def account() -> str:
    """Whom the form is about, so that one account is not tried from many places."""
    return f"account:{digest(normalise_email(request.form.get('email', '')))}"


def account_here() -> str:
    """The same, from one place: a stranger who errs does not shut the person's own door."""
    return f"{account()}@{request.remote_addr}"


def throttled(
    limit: str, key: Callable[[], str] = caller, *, needs_redis: bool = True, method: str = "POST"
) -> Callable[[View], View]:
    """Count the POSTs of a view (or its GETs, when each is costly), for example "10 per 15 minutes": too
    many answer 429. With Redis down they answer 503, since a door whose tries are not counted is
    open (ASVS 6.3.1); those that the database counts as well do not need Redis."""

    quota = parse(limit)
    tolerated = () if needs_redis else (ServiceUnavailable,)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if request.method == method and limiter.enabled:
                with suppress(*tolerated):
                    _count(quota, f"{view.__module__}.{view.__qualname__}", key())
            return view(*args, **kwargs)

        return cast(View, guarded)

    return decorate


def _count(quota: RateLimitItem, door: str, who: str) -> None:
    try:
        allowed = limiter.limiter.hit(quota, door, who)
    except RedisError as error:
        raise ServiceUnavailable("redis", str(error)) from error
    if not allowed:
        abort(429)
