"""Live the demonstration's conventions through their real commands, while the workers do their part.

Each act is taken once, whatever was done before: interrupted, it goes on from where it was.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from app.conventions import commands
from app.conventions.commands import Origin
from app.conventions.models import Convention, ReceivedConvention, State
from app.conventions.queries import find_code, find_live_link, get_convention
from app.core import services
from app.core.config import settings
from app.core.db import db
from app.demonstration.content import PEOPLE, Draft
from app.demonstration.library import DRAFTS
from app.demonstration.seed import acting

Found = TypeVar("Found")
PATIENCE_SECONDS = 120.0
BROWSER = Origin("127.0.0.1", "Démonstration du Réseau des Bulles")


class DemonstrationStuck(Exception):
    """The workers did not do their part in time."""


def play() -> Path:
    """Bring each convention to its state; return the path of the first one's signed PDF."""
    for draft in DRAFTS:
        if draft.until != State.DRAFT:
            _live(draft)
    return _signed_copy(DRAFTS[0])


def _live(draft: Draft) -> None:
    _propose(draft)
    if draft.until == State.PROPOSED:
        return
    for key in ("olga", "denis"):
        _answer(key, draft.title)
    _wait(draft, lambda c: c.state != State.PROPOSED and bool(c.round and c.round.frozen_sha256))
    _open(draft)
    signing = _signatory_ids(draft)
    for signatory_id in signing if draft.until == State.IN_FORCE else signing[:-1]:
        _sign(draft, signatory_id)
    if draft.until == State.IN_FORCE:
        _wait(draft, lambda c: c.state == State.IN_FORCE)


def _propose(draft: Draft) -> None:
    with acting(draft.by) as actor:
        convention = _get(draft)
        if convention.state == State.DRAFT:
            commands.propose_convention(actor, convention.id)


def _answer(key: str, title: str) -> None:
    """Agree, once the letter has been received; an answer already given is left alone."""
    received_id = _until(lambda: _received(key, title), f"{key} n’a pas reçu « {title} »")
    with acting(key) as actor:
        received = db.session.get_one(ReceivedConvention, (actor.tenant_id, received_id))
        if received.awaits_answer:
            commands.answer_proposal(actor, received_id, "agree")


def _received(key: str, title: str) -> uuid.UUID | None:
    with acting(key):
        return db.session.scalar(
            sa.select(ReceivedConvention.id).where(ReceivedConvention.title == title)
        )


def _open(draft: Draft) -> None:
    with acting(draft.by) as actor:
        convention = _get(draft)
        if convention.state == State.APPROVED:
            commands.open_signing(actor, convention.id)


def _signatory_ids(draft: Draft) -> list[uuid.UUID]:
    with acting(draft.by):
        return [signatory.id for signatory in _get(draft).signatories]


def _sign(draft: Draft, signatory_id: uuid.UUID) -> None:
    with acting(draft.by):
        convention = _get(draft)
        if convention.state != State.SIGNING:
            return
        link = find_live_link(convention.open_round.id, signatory_id)
        if link is None or any(a.signatory_id == signatory_id for a in convention.open_round.acts):
            return
        link_id, token = link.id, link.token
        commands.send_code(link_id, token, BROWSER)
    with acting(draft.by):
        if code := find_code(link_id):
            commands.sign(link_id, token, code.code, True, BROWSER)


def _wait(draft: Draft, reached: Callable[[Convention], bool]) -> None:
    def look() -> bool:
        with acting(draft.by):
            return reached(_get(draft))

    _until(look, f"« {draft.title} » n’avance plus : regardez la page des travaux")


def _until(look: Callable[[], Found | None], otherwise: str) -> Found:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise DemonstrationStuck(otherwise)


def _get(draft: Draft) -> Convention:
    id_ = db.session.scalars(sa.select(Convention.id).where(Convention.title == draft.title)).one()
    return get_convention(id_)


def _signed_copy(draft: Draft) -> Path:
    with acting(draft.by):
        convention = _get(draft)
        sha256 = convention.open_round.sealed_sha256 or ""
        path = Path(settings().authority_dir).parent / f"convention-{convention.number}.pdf"
        path.write_bytes(services.storage().get(sha256))
        return path


def logins() -> list[str]:
    """One line per person: what they do, how they sign in."""
    width = max(len(person.email) for person in PEOPLE)
    return [f"  {p.email:<{width}}  {p.name}, {p.what} ({p.organisation})" for p in PEOPLE]
