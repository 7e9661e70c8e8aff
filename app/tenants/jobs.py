"""Background work of the context."""

from __future__ import annotations

from app.core.crypto import open_json
from app.core.jobs import job
from app.tenants import commands


@job
def send_sign_in_link(sealed: str) -> None:
    """Look for the address that asked for a link, and send it if we know it."""
    asked = open_json(sealed)
    commands.send_sign_in_link(asked["email"], asked["next"])


@job
def purge_proofs() -> None:
    """Forget the links and codes that no longer work."""
    commands.purge_proofs()
