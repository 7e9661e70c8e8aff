"""Errors as programs read them: RFC 9457 problems."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Response, jsonify, request

ASKED_BY_A_PROGRAM = re.compile(r"/[^/]+/api/")
AGAIN = {HTTPStatus.TOO_MANY_REQUESTS: "60", HTTPStatus.SERVICE_UNAVAILABLE: "5"}
"""Seconds after which what failed may work: the limits count by the minute, two postings part in a moment."""


def is_for_a_program() -> bool:
    """Whether the address is of an organisation's interface for programs, known there or not."""
    return ASKED_BY_A_PROGRAM.match(request.path) is not None


def tell_problem(status: int, detail: str, code: str = "") -> Response:
    """An error: `detail` says it in French, `code` names it, by default as HTTP names the status."""
    title = HTTPStatus(status).phrase
    facts = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code or title.lower().replace(" ", "_").replace("-", "_"),
        "detail": detail,
    }
    response = jsonify(facts)
    response.status_code, response.mimetype = status, "application/problem+json"
    if again := AGAIN.get(HTTPStatus(status)):
        response.headers["Retry-After"] = again
    return response
