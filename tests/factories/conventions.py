"""Standard agreements and conventions, brought to a state through the real commands."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import sqlalchemy as sa

from app.conventions import commands
from app.conventions.commands import Origin, PartyData, SignatoryData
from app.conventions.models import CatalogueEntry, Convention, ReceivedConvention
from app.conventions.queries import (
    find_code,
    find_live_link,
    get_convention,
)
from app.core.clock import today
from app.core.db import db, tenant_context
from app.core.permissions import Actor
from tests.factories.cast import Cast
from tests.factories.work import do_work

ORIGIN = Origin("127.0.0.1", "pytest")
CLAUSE = "{{ porteur }} reçoit {{ montant }} du {{ debut }} au {{ fin }}.\n\n- premier point\n- second point"
VARIABLES = [
    {"name": "porteur", "label": "Qui porte la Bulle ?", "kind": "party"},
    {"name": "montant", "label": "Combien ?", "kind": "money"},
    {"name": "note", "label": "Une note ?", "kind": "text", "required": False},
]
ROLES = [
    {"role": "reseau", "label": "La tête de réseau", "required": True},
    {"role": "bailleur", "label": "Qui prête le lieu", "required": True},
    {"role": "porteur", "label": "Qui porte la Bulle", "required": True},
]
PARTIES = {
    "reseau": ("ocytocines", "Olga Renaud", "présidente", "olga@exemple.fr"),
    "bailleur": ("ccas", "Denis Vasseur", "directeur", "denis@exemple.fr"),
    "porteur": ("ascs", "Alice Morel", "responsable", "alice@exemple.fr"),
}


@contextmanager
def acting(cast: Cast, who: str) -> Iterator[Actor]:
    """A person of the cast acts, in one transaction."""
    actor = cast.actor(who)
    db.session.rollback()
    with tenant_context(actor.tenant_id):
        yield actor
        db.session.commit()


def publish_type(cast: Cast, title: str = "Accueil", text: str = CLAUSE) -> uuid.UUID:
    """Publish a standard agreement of one clause; return its catalogue entry."""
    with acting(cast, "olga") as olga:
        clause = commands.create_clause(olga, f"Objet de {title}", "Principes", "Objet", text)
        draft = commands.create_type(olga, title, "Pour essayer").versions[0]
        for change, content in (
            (commands.set_type_clauses, [clause.latest.id]),
            (commands.set_type_variables, VARIABLES),
            (commands.set_party_roles, ROLES),
        ):
            draft = change(olga, draft.id, content, draft.lock_version)
            db.session.flush()
        return commands.publish_type_version(olga, draft.id).id


def prepare(
    cast: Cast, entry_id: uuid.UUID | None = None, title: str = "Un appartement"
) -> uuid.UUID:
    """A complete draft of the ASCS, with Ocytocines and the CCAS."""
    entry_id = entry_id or publish_type(cast)
    with acting(cast, "alice") as alice:
        next_year = today().year + 1
        convention = commands.prepare_convention(alice, entry_id, title, cast.bulle.id)
        db.session.flush()
        for role, (slug, *person) in PARTIES.items():
            data = PartyData(role, cast.tenants[slug].id, "", "", [SignatoryData(*person)])
            commands.set_party(alice, convention.id, convention.lock_version, data)
            db.session.flush()
        commands.edit_convention(
            alice, convention.id, convention.lock_version, title=title, bulle_id=cast.bulle.id,
            starts_on=date(next_year, 1, 1), ends_on=date(next_year, 12, 31),
        )  # fmt: skip
        db.session.flush()
        values = {"porteur": "porteur", "montant": 1_650_000}
        commands.fill_values(alice, convention.id, convention.lock_version, values)
        return convention.id


def propose(cast: Cast, convention_id: uuid.UUID) -> None:
    """Propose, and have the letters delivered."""
    with acting(cast, "alice") as alice:
        commands.propose_convention(alice, convention_id)
    do_work()


def received_id(cast: Cast, who: str) -> uuid.UUID:
    """The convention that a person's organisation has received."""
    with acting(cast, who):
        return db.session.scalars(sa.select(ReceivedConvention.id)).one()


def agree(cast: Cast, *people: str) -> None:
    """Have these people's organisations agree, and the document frozen."""
    for who in people:
        wanted = received_id(cast, who)
        with acting(cast, who) as actor:
            commands.answer_proposal(actor, wanted, "agree")
    do_work()


def open_signing(cast: Cast, convention_id: uuid.UUID) -> None:
    """Open the signatures."""
    with acting(cast, "alice") as alice:
        commands.open_signing(alice, convention_id)
    do_work()


def link_of(cast: Cast, convention_id: uuid.UUID, name: str) -> tuple[uuid.UUID, str]:
    """The live link of a signatory: its id and its secret."""
    with acting(cast, "alice"):
        convention = get_convention(convention_id)
        signatory = next(s for s in convention.signatories if s.name == name)
        link = find_live_link(convention.open_round.id, signatory.id)
        assert link, f"no live link for {name}"
        return link.id, link.token


def sign_as(cast: Cast, convention_id: uuid.UUID, name: str) -> str:
    """Have a signatory ask for a code and sign; return what stood in the way."""
    link_id, token = link_of(cast, convention_id, name)
    with acting(cast, "alice"):
        commands.send_code(link_id, token, ORIGIN)
    with acting(cast, "alice"):
        code = find_code(link_id)
        assert code
        return commands.sign(link_id, token, code.code, True, ORIGIN)[1]


def in_signature(cast: Cast) -> uuid.UUID:
    """A convention whose signatures are open."""
    convention_id = prepare(cast)
    propose(cast, convention_id)
    agree(cast, "olga", "denis")
    open_signing(cast, convention_id)
    return convention_id


def signed_by_all(cast: Cast) -> uuid.UUID:
    """A convention that everyone has signed, its document not made yet."""
    convention_id = in_signature(cast)
    for name in ("Olga Renaud", "Alice Morel", "Denis Vasseur"):
        assert sign_as(cast, convention_id, name) == ""
    return convention_id


def sealed(cast: Cast) -> uuid.UUID:
    """A convention in force, its document sealed."""
    convention_id = signed_by_all(cast)
    do_work()
    return convention_id


def look(cast: Cast, convention_id: uuid.UUID, who: str = "alice") -> Convention:
    """The convention as it is now, whole and detached."""
    with acting(cast, who):
        convention = get_convention(convention_id)
        db.session.expunge_all()
        return convention


def catalogue_entry(entry_id: uuid.UUID) -> CatalogueEntry:
    """A published standard agreement."""
    return db.session.get_one(CatalogueEntry, entry_id)
