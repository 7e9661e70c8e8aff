"""The RQ worker: loads the application before the fork, opens no database connection before it."""

from __future__ import annotations

from rq import Worker

from app.core.db import db
from app.core.documents import open_fonts
from app.core.jobs import DeathPenalty
from app.web import create_app


class Workhorse(Worker):
    """A worker whose children start with every import paid and without an inherited connection."""

    death_penalty_class = DeathPenalty
    max_connection_wait_time = 5.0  # seconds between two tries at a Redis that is down

    def main_work_horse(self, job, queue):  # type: ignore[no-untyped-def]
        """Run one job in the child."""
        with app.app_context():
            db.engine.dispose(close=False)
            super().main_work_horse(job, queue)


app = create_app()
open_fonts()


def main() -> None:
    """Work until stopped. The intervals find a killed worker's job in seconds, not minutes."""
    queue = app.extensions["queue"]
    worker = Workhorse(
        [queue],
        connection=queue.connection,
        serializer=queue.serializer,
        worker_ttl=30,
        maintenance_interval=10,
        job_monitoring_interval=5,
    )
    with app.app_context():
        worker.work(logging_level=app.config["SETTINGS"].log_level)


if __name__ == "__main__":
    main()
