"""Something of each kind in the organisations of the cast, for the addresses of the access matrix."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import sqlalchemy as sa

from app.conventions import commands as conventions
from app.conventions.models import CatalogueEntry, Convention, ReceivedConvention
from app.conventions.queries import get_convention
from app.core import services
from app.core.clock import now
from app.core.db import db
from app.core.jobs import OutboxRow
from app.tenants import commands as tenants
from app.tenants.commands import Guest
from app.tenants.models import (
    BulleAssociation,
    EmailProof,
    Membership,
    Role,
    StagePassage,
    User,
)
from app.tenants.queries import invitation_token, sign_in_token
from tests.architecture.places_hours import build_hours
from tests.conventions.library import write_type
from tests.factories import conventions as make
from tests.factories.cast import Cast

Places = dict[str, str]
PAPER = b"%PDF-1.7 a frozen convention"


def build_places(cast: Cast) -> Places:
    """What stands behind each placeholder of the matrix."""
    places = {f"tenant_{slug}": tenant.id for slug, tenant in cast.tenants.items()}
    found = places | _bulle(cast) | _people(cast) | _library(cast) | _conventions(cast)
    found |= build_hours(cast)
    return {name: str(value) for name, value in found.items()}


def _bulle(cast: Cast) -> dict[str, object]:
    bulle_id = cast.bulle.id
    joined = BulleAssociation(
        bulle_id=bulle_id, tenant_id=cast.tenants["voisins"].id, since_on=date(2026, 1, 1)
    )
    db.session.add(joined)
    passage = sa.select(StagePassage.id).where(StagePassage.bulle_id == bulle_id)
    found = {"bulle": bulle_id, "passage": db.session.scalars(passage).one()}
    failed = OutboxRow(
        name="core.forget", tenant_id=cast.tenants["ascs"].id, args={}, failed_at=now()
    )
    db.session.add(failed)
    db.session.flush()
    found |= {"association": joined.id, "job": failed.id}
    db.session.commit()
    return found


def _people(cast: Cast) -> dict[str, object]:
    with make.acting(cast, "alice") as alice:
        invitation = tenants.invite_person(alice, Guest("Gaston", "gaston@exemple.fr", ["reader"]))
        db.session.flush()
        invited = {"invitation": invitation.id, "guest": invitation_token(invitation.id)}
    proof = EmailProof(
        user_id=cast.people["carole"].id, purpose="sign_in", expires_at=now() + timedelta(hours=1)
    )
    db.session.add(proof)
    gone = _former_member(cast)
    db.session.flush()
    found = {"gone": gone.id, "proof": proof.id, "proof_token": sign_in_token(proof.id)}
    members = {"member": _membership(cast, "carole"), "member_ccas": _membership(cast, "denis")}
    db.session.commit()
    return invited | found | members


def _former_member(cast: Cast) -> Membership:
    person = User(name="Zoé Legrand", email="zoe@exemple.fr", fs_uniquifier="zoe")
    db.session.add(person)
    db.session.flush()
    membership = Membership(
        tenant_id=cast.tenants["ascs"].id,
        user_id=person.id,
        roles=[Role.READER.value],
        ended_at=now(),
    )
    db.session.add(membership)
    return membership


def _membership(cast: Cast, who: str) -> uuid.UUID:
    statement = sa.select(Membership.id).where(Membership.user_id == cast.people[who].id)
    return db.session.scalars(statement).one()


def _library(cast: Cast) -> dict[str, object]:
    with make.acting(cast, "olga") as olga:
        draft = write_type(olga, "Prêt d’un lieu")
        db.session.flush()
        clause = draft.clauses[0].clause_version
        return {"type": draft.type_id, "clause": clause.clause_id, "clause_version": clause.id}


def _conventions(cast: Cast) -> dict[str, object]:
    entry = make.publish_type(cast)
    published = db.session.get_one(CatalogueEntry, entry).type_id
    draft, proposed, signing, in_force = (
        make.prepare(cast, entry, title)
        for title in ("Un jardin", "Une salle", "Un toit", "Un four")
    )
    for convention_id in (proposed, signing, in_force):
        make.propose(cast, convention_id)
    found = {"published": published, "draft": draft, "proposed": proposed, "signing": signing}
    found |= {"in_force": in_force, "party": _party(cast, draft)}
    found |= {f"received_{who}": _received(cast, who, proposed) for who in ("denis", "olga")}
    _open_signing(cast, signing)
    _put_in_force(cast, in_force)
    make.sign_as(cast, signing, "Olga Renaud")
    link, token = make.link_of(cast, signing, "Alice Morel")
    return found | {"link": link, "link_token": token}


def _party(cast: Cast, convention_id: uuid.UUID) -> uuid.UUID:
    with make.acting(cast, "alice"):
        return get_convention(convention_id).parties[-1].id


def _received(cast: Cast, who: str, convention_id: uuid.UUID) -> uuid.UUID:
    with make.acting(cast, who):
        statement = sa.select(ReceivedConvention)
        wanted = statement.where(ReceivedConvention.convention_id == convention_id)
        received = db.session.scalars(wanted).one()
        received.sealed_sha256 = received.evidence_sha256 = services.storage().put(PAPER)
        return received.id


def _open_signing(cast: Cast, convention_id: uuid.UUID) -> None:
    """Everyone agreed, and a short paper stands for the document: nothing here is about its bytes."""
    with make.acting(cast, "alice") as alice:
        convention = get_convention(convention_id)
        convention.state = "approved"
        convention.open_round.frozen_at, convention.open_round.pages = now(), 1
        convention.open_round.frozen_sha256 = services.storage().put(PAPER)
        db.session.flush()
        conventions.open_signing(alice, convention_id)


def _put_in_force(cast: Cast, convention_id: uuid.UUID) -> None:
    with make.acting(cast, "alice"):
        convention: Convention = get_convention(convention_id)
        convention.state = "in_force"
        round_ = convention.open_round
        round_.sealed_sha256 = round_.evidence_sha256 = services.storage().put(PAPER)
