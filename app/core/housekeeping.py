"""What is forgotten every night: sessions that ended, work that was done."""

from __future__ import annotations

from datetime import timedelta

from app.core.clock import now
from app.core.jobs import job, purge_done
from app.core.sessions import purge_sessions

KEPT = timedelta(days=30)
"""How long a done job stays on its page."""


@job
def forget() -> None:
    """Delete expired sessions, and jobs done long ago."""
    purge_sessions()
    purge_done(now() - KEPT)
