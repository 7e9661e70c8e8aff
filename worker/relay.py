"""The relay: pushes what is due and not done, and writes the periodic jobs. A second one is harmless."""

from __future__ import annotations

import signal
import time
from types import FrameType

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db
from app.core.jobs import push_due
from app.web import create_app
from worker.schedule import write_due

PAUSE_SECONDS = 1.0
log = structlog.get_logger(__name__)


class Relay:
    """One turn a second, until a signal asks to stop; a database or Redis that is down is waited for."""

    def __init__(self) -> None:
        self.running = True
        self.written: dict[str, str] = {}

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Finish the turn, then end."""
        self.running = False

    def run(self) -> None:
        """Turn until stopped."""
        while self.running:
            try:
                busy = self.turn()
            except (RedisError, SQLAlchemyError) as error:
                db.session.rollback()
                self.written.clear()  # what was rolled back has to be written again
                log.warning("relay waits", error=str(error))
                busy = False
            if not busy:
                time.sleep(PAUSE_SECONDS)

    def turn(self) -> bool:
        """Write the periodic jobs, push what is due; return whether there was something."""
        write_due(self.written)
        return push_due() > 0


def main() -> None:
    """Run one relay."""
    relay = Relay()
    signal.signal(signal.SIGTERM, relay.stop)
    signal.signal(signal.SIGINT, relay.stop)
    with create_app().app_context():
        relay.run()


if __name__ == "__main__":
    main()
