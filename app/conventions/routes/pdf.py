"""How a stored PDF is answered."""

from __future__ import annotations

from flask import Response, abort

from app.core import services


def send_pdf(sha256: str | None, name: str) -> Response:
    """A stored PDF, shown by the browser; 404 while it does not exist."""
    if sha256 is None:
        abort(404)
    content = services.storage().get(sha256)
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, mimetype="application/pdf", headers=headers)
