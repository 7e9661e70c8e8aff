"""The same installation seen from inside: conventions brought to signature, and what became of them."""

from __future__ import annotations

import uuid
from collections import Counter

import sqlalchemy as sa
from flask import Flask

from app.conventions import commands
from app.conventions.models import (
    EvidenceEvent,
    ReceivedConvention,
    SealedDocument,
    SealStep,
    SignatoryAct,
    State,
)
from app.conventions.queries import get_convention
from app.core import services
from app.core.config import Settings
from app.core.db import db
from app.core.gateways.mail import FolderMail
from app.core.jobs import OutboxRow
from app.core.verification import Trust, examine
from app.web import create_app
from tests.chaos.house import House, until
from tests.chaos.signatory import Signatory
from tests.factories import conventions as make
from tests.factories.cast import Cast, build_cast

SIGNATORIES = ("olga@exemple.fr", "alice@exemple.fr", "denis@exemple.fr")
ADDRESSES = (f"10.0.{n // 250}.{n % 250 + 1}" for n in range(60_000))


class Journey:
    """A convention and its signatories, in their order; each has an address and a browser."""

    def __init__(self, convention_id: uuid.UUID, title: str, mails: FolderMail) -> None:
        self.convention_id, self.title = convention_id, title
        self.people = [Signatory(mails, who, title, next(ADDRESSES)) for who in SIGNATORIES]


class Office:
    """What the tests write and read of the house's database, under its own roles."""

    def __init__(self, house: House) -> None:
        names = Settings.model_fields
        given = {k.lower(): v for k, v in house.environment.items() if k.lower() in names}
        self.app: Flask = create_app(Settings(_env_file=None, **given | {"log_level": "ERROR"}))
        self.sent_elsewhere = 0
        self.titles = iter(f"Essai {number:02}" for number in range(1, 100))
        with self.app.app_context():
            self.cast: Cast = build_cast()
            self.entry = make.publish_type(self.cast)

    @property
    def mails(self) -> FolderMail:
        """The letterbox of everyone."""
        found: FolderMail = self.app.extensions["mail_gateway"]
        return found

    def awaiting_denis(self) -> Journey:
        """A convention that Olga has agreed to; once Denis does too, its document is frozen."""
        title = next(self.titles)
        with self.app.app_context():
            convention_id = make.prepare(self.cast, self.entry, title)
            with make.acting(self.cast, "alice") as alice:
                commands.propose_convention(alice, convention_id)
        journey = Journey(convention_id, title, self.mails)
        self.agree("olga", journey)
        until(lambda: self._received("denis", title), f"{title} is delivered")
        return journey

    def in_signature(self) -> Journey:
        """A convention whose signatures are open."""
        journey = self.awaiting_denis()
        self.agree("denis", journey)
        self.open_signing(journey)
        return journey

    def agree(self, who: str, journey: Journey) -> None:
        """A party agrees, once the letter has come."""
        wanted = until(lambda: self._received(who, journey.title), f"{who} has the letter")
        with self.app.app_context(), make.acting(self.cast, who) as actor:
            commands.answer_proposal(actor, wanted, "agree")

    def open_signing(self, journey: Journey) -> None:
        """Alice opens the signatures, once the document is frozen."""
        until(lambda: self._is_frozen(journey.convention_id), f"{journey.title} is frozen")
        with self.app.app_context(), make.acting(self.cast, "alice") as alice:
            commands.open_signing(alice, journey.convention_id)

    def _received(self, who: str, title: str) -> uuid.UUID | None:
        with self.app.app_context(), make.acting(self.cast, who):
            wanted = sa.select(ReceivedConvention.id).where(ReceivedConvention.title == title)
            return db.session.scalar(wanted)

    def _is_frozen(self, convention_id: uuid.UUID) -> bool:
        with self.app.app_context():
            convention = make.look(self.cast, convention_id)
            return convention.state == State.APPROVED and bool(convention.open_round.frozen_at)

    def state(self, convention_id: uuid.UUID) -> str:
        """The state of a convention."""
        with self.app.app_context():
            return make.look(self.cast, convention_id).state

    def count(self, model: type, journey: Journey) -> int:
        """How many rows of a kind (acts, steps) the open round has."""
        with self.app.app_context(), make.acting(self.cast, "alice"):
            round_ = get_convention(journey.convention_id).open_round
            query = sa.select(sa.func.count()).where(model.round_id == round_.id)  # type: ignore[attr-defined]
            return db.session.scalar(query) or 0

    def frozen_copies(self, journey: Journey) -> int:
        """How many of the documents kept are the frozen document of a convention."""
        with self.app.app_context():
            sha256 = make.look(self.cast, journey.convention_id).open_round.frozen_sha256
            return int(services.storage().exists(sha256 or ""))

    def outbox(self, *conditions: sa.ColumnElement[bool]) -> list[OutboxRow]:
        """The work that meets some conditions."""
        with self.app.app_context():
            rows = list(db.session.scalars(sa.select(OutboxRow).where(*conditions)))
            db.session.expunge_all()
            return rows

    def pending(self) -> list[OutboxRow]:
        """The work that is neither done nor failed."""
        return self.outbox(OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None))

    def check(self, journey: Journey, patience: float = 60.0) -> None:
        """One sealed document that verifies, every act once, every mail once, no work left."""
        convention_id = journey.convention_id
        what = f"{journey.title} comes into force"
        until(lambda: self.state(convention_id) == State.IN_FORCE, what, patience)
        until(lambda: not self.pending(), "no work is left", patience)
        assert self.outbox(OutboxRow.failed_at.is_not(None)) == []
        sent = self.outbox(OutboxRow.name == "core.send_mail")
        kept = len(list(self.mails.folder.glob("*.eml")))
        assert kept + self.sent_elsewhere == len(sent)
        with self.app.app_context():
            self._check_round(convention_id)
            self._check_parties(convention_id)

    def _check_round(self, convention_id: uuid.UUID) -> None:
        with make.acting(self.cast, "alice"):
            convention = get_convention(convention_id)
            round_, people = convention.open_round, [s.id for s in convention.signatories]
            acts = db.session.scalars(
                sa.select(SignatoryAct.signatory_id).where(SignatoryAct.round_id == round_.id)
            ).all()
            assert Counter(acts) == Counter(people)
            steps = db.session.scalars(
                sa.select(SealStep.position).where(SealStep.round_id == round_.id)
            ).all()
            assert sorted(steps) == list(range(1, len(people) + 3))
            for kind in ("signed", "code_confirmed", "opened"):
                assert Counter(self._evidence(round_.id, kind)) == Counter(people), kind
            assert [s.transition for s in convention.steps].count("activate") == 1
            code, document = round_.code, round_.sealed_sha256
        found = db.session.scalars(
            sa.select(SealedDocument.document_sha256).where(SealedDocument.code == code)
        ).all()
        assert found == [document]
        report = examine(services.storage().get(found[0]), Trust.of(services.authority()))
        assert report.sealed, report
        assert len(report.signatures) == len(people) + 1

    def _evidence(self, round_id: uuid.UUID, kind: str) -> list[uuid.UUID]:
        mine = EvidenceEvent.round_id == round_id
        query = sa.select(EvidenceEvent.signatory_id).where(mine, EvidenceEvent.kind == kind)
        return list(db.session.scalars(query))

    def _check_parties(self, convention_id: uuid.UUID) -> None:
        for who in ("olga", "denis"):
            with make.acting(self.cast, who):
                mine = ReceivedConvention.convention_id == convention_id
                received = db.session.scalars(sa.select(ReceivedConvention).where(mine)).one()
                assert received.state == State.IN_FORCE
                assert received.sealed_sha256
