"""The context's background work: ids in, one command called."""

from __future__ import annotations

import uuid

from app.conventions import commands
from app.core.jobs import job


@job
def receive_proposal(delivery_id: str) -> None:
    """A proposal was delivered here."""
    commands.receive_proposal(uuid.UUID(delivery_id))


@job
def receive_answer(delivery_id: str) -> None:
    """A party's answer was delivered here."""
    commands.receive_answer(uuid.UUID(delivery_id))


@job
def receive_status(delivery_id: str) -> None:
    """News of a received convention was delivered here."""
    commands.receive_status(uuid.UUID(delivery_id))


@job
def receive_link_request(delivery_id: str) -> None:
    """A party asks for its signatory's link again."""
    commands.receive_link_request(uuid.UUID(delivery_id))


@job
def freeze_document(round_id: str) -> None:
    """Everyone agreed: the document has to be frozen."""
    commands.freeze_document(uuid.UUID(round_id))


@job
def advance_sealing(round_id: str) -> None:
    """Someone signed, or a step was done: the document has to advance."""
    commands.advance_sealing(uuid.UUID(round_id))


@job
def expire_conventions() -> None:
    """Every few hours: mark what has run out."""
    commands.expire_conventions()


@job
def sweep_signatures() -> None:
    """Every few minutes: wake what should have advanced."""
    commands.sweep_signatures()
