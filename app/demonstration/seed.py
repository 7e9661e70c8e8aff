"""Write the demonstration network. Run again, it changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask_security import hash_password

from app.conventions import commands as conventions
from app.conventions.commands import PartyData, SignatoryData
from app.conventions.queries import list_catalogue
from app.core.clock import now
from app.core.crypto import digest
from app.core.db import db, tenant_context
from app.core.permissions import Actor
from app.demonstration import library
from app.demonstration.content import (
    DECIDERS,
    NETWORK,
    ORGANISATIONS,
    PASSWORD,
    PEOPLE,
    VENUES,
    Draft,
    Organisation,
    Person,
    Venue,
)
from app.tenants import commands as tenants
from app.tenants.commands import BulleSheet, Passage, TenantSheet
from app.tenants.models import Bulle, Membership, Tenant, User
from app.tenants.queries import find_territory, get_tenant_by_slug


def seed() -> bool:
    """Write everything; return False when it was there already."""
    if db.session.scalar(sa.select(sa.func.count(Tenant.id))):
        return False
    _open_network()
    with acting("olga") as olga:
        for organisation in ORGANISATIONS[1:]:
            tenants.create_tenant(olga, _sheet(organisation))
        db.session.flush()
        for person in PEOPLE[1:]:
            _add_person(person)
    with acting("olga") as olga:
        for venue in VENUES:
            _open_venue(olga, venue)
    with acting("olga") as olga:
        _write_library(olga)
    for draft in library.DRAFTS:
        _prepare(draft)
    return True


@contextmanager
def acting(key: str) -> Iterator[Actor]:
    """A person of the demonstration, in their organisation, in one transaction."""
    person = next(p for p in PEOPLE if p.key == key)
    tenant_id, user_id, name = _who(person)
    db.session.rollback()
    roles = frozenset({person.role.value})
    with tenant_context(tenant_id):
        yield Actor(tenant_id, name, user_id, roles, person.organisation == NETWORK)
        db.session.commit()


def _who(person: Person) -> tuple[uuid.UUID, uuid.UUID, str]:
    tenant = get_tenant_by_slug(person.organisation)
    user = db.session.scalars(
        sa.select(User).where(User.email_digest == digest(person.email))
    ).one()
    return tenant.id, user.id, user.name


def _open_network() -> None:
    network = Tenant(slug=NETWORK, **_facts(ORGANISATIONS[0]))
    db.session.add(network)
    db.session.flush()
    _add_person(PEOPLE[0])
    db.session.commit()


def _facts(organisation: Organisation) -> dict[str, str]:
    return {
        "kind": organisation.kind.value,
        "name": organisation.name,
        "short_name": organisation.short_name,
        "address": organisation.address,
        "postcode": organisation.postcode,
        "city": organisation.city,
    }


def _sheet(organisation: Organisation) -> TenantSheet:
    facts = _facts(organisation) | {"kind": organisation.kind}
    territory = find_territory(*organisation.territory)
    return TenantSheet(**facts, slug=organisation.slug, territory=territory)  # type: ignore[arg-type]


def _add_person(person: Person) -> None:
    user = User(
        name=person.name,
        email=person.email,
        password=hash_password(PASSWORD),
        fs_uniquifier=uuid.uuid4().hex,
        confirmed_at=now(),
    )
    db.session.add(user)
    db.session.flush()
    tenant = get_tenant_by_slug(person.organisation)
    membership = Membership(tenant_id=tenant.id, user_id=user.id, roles=[person.role.value])
    db.session.add(membership)


def _open_venue(olga: Actor, venue: Venue) -> None:
    latitude, longitude = venue.coordinates
    sheet = BulleSheet(
        name=venue.name,
        description=venue.description,
        address=venue.address,
        postcode=venue.postcode,
        city=venue.city,
        territory=find_territory("commune", venue.commune),
        latitude=latitude,
        longitude=longitude,
        step_free_access=venue.access,
        landlord_name=venue.landlord,
    )
    first, *following = [
        Passage(stage, day, DECIDERS, stage.description) for stage, day in venue.stages
    ]
    porteur = get_tenant_by_slug(venue.porteur)
    bulle = tenants.open_bulle(olga, porteur.id, sheet, first)
    db.session.flush()
    for passage in following:
        tenants.record_passage(olga, bulle.id, passage)
    for slug in venue.with_:
        tenants.add_association(olga, bulle.id, get_tenant_by_slug(slug).id, venue.entered[-1])


def _write_library(olga: Actor) -> None:
    versions = {}
    for title, theme, heading, text in library.CLAUSES:
        versions[title] = conventions.create_clause(olga, title, theme, heading, text).latest.id
    _publish(
        olga, library.WELCOME, library.WELCOME_PURPOSE, list(versions.values()),
        library.VARIABLES, library.ROLES,
    )  # fmt: skip
    chosen = [v for v in library.VARIABLES if v["name"] in library.WORKSHOP_VARIABLES]
    _publish(
        olga, library.WORKSHOP, library.WORKSHOP_PURPOSE,
        [versions[title] for title in library.WORKSHOP_CLAUSES], chosen, library.WORKSHOP_ROLES,
    )  # fmt: skip


def _publish(olga: Actor, title: str, purpose: str, clauses, variables, roles) -> None:  # type: ignore[no-untyped-def]
    draft = conventions.create_type(olga, title, purpose).versions[0]
    for change, content in (
        (conventions.set_type_clauses, clauses),
        (conventions.set_type_variables, variables),
        (conventions.set_party_roles, roles),
    ):
        draft = change(olga, draft.id, content, draft.lock_version)
        db.session.flush()
    conventions.publish_type_version(olga, draft.id)


def _prepare(draft: Draft) -> None:
    with acting(draft.by) as actor:
        entry = next(e for e in db.session.scalars(list_catalogue()) if e.title == draft.type)
        bulle_id = db.session.scalars(sa.select(Bulle.id).where(Bulle.name == draft.bulle)).one()
        convention = conventions.prepare_convention(actor, entry.id, draft.title, bulle_id)
        for role, who in draft.parties.items():
            db.session.flush()
            data = _party(role, *who)
            conventions.set_party(actor, convention.id, convention.lock_version, data)
        db.session.flush()
        conventions.edit_convention(
            actor, convention.id, convention.lock_version, title=draft.title, bulle_id=bulle_id,
            starts_on=draft.starts_on, ends_on=draft.ends_on,
        )  # fmt: skip
        db.session.flush()
        conventions.fill_values(actor, convention.id, convention.lock_version, draft.values)


def _party(role: str, who: str, name: str, capacity: str, email: str) -> PartyData:
    slug = next((o.slug for o in ORGANISATIONS if o.slug == who), None)
    tenant_id = get_tenant_by_slug(slug).id if slug else None
    signatory = SignatoryData(name, capacity, email)
    return PartyData(role, tenant_id, "" if slug else who, "", [signatory])
