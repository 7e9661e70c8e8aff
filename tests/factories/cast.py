"""The cast of every access test: five organisations, six people, one Bulle."""

from __future__ import annotations

from dataclasses import dataclass

from flask_security import hash_password

from app.core.clock import now, today
from app.core.db import db
from app.core.permissions import Actor
from app.tenants.models import Bulle, Membership, Role, StagePassage, Tenant, User

PASSWORD = "un chat sous la lune 44"
ORGANISATIONS = {
    "ocytocines": ("network", "Ocytocines", "75002"),
    "ascs": ("association", "Association des usagers du centre social", "21000"),
    "ccas": ("territory", "Centre communal d’action sociale de Dijon", "21000"),
    "carsat": ("funder", "Carsat Bourgogne-Franche-Comté", "21000"),
    "voisins": ("association", "Tous voisins 44", "44000"),
}
PEOPLE = {
    "olga": ("Olga Renaud", "ocytocines", Role.ADMINISTRATOR),
    "alice": ("Alice Morel", "ascs", Role.ADMINISTRATOR),
    "bob": ("Bob Petit", "ascs", Role.EDITOR),
    "carole": ("Carole Blanc", "ascs", Role.READER),
    "denis": ("Denis Vasseur", "ccas", Role.ADMINISTRATOR),
    "fanny": ("Fanny Leroy", "carsat", Role.ADMINISTRATOR),
}


@dataclass
class Cast:
    """Who plays: `cast.people["alice"]`, `cast.tenants["ascs"]`, `cast.actor("alice")`."""

    tenants: dict[str, Tenant]
    people: dict[str, User]
    bulle: Bulle
    password: str = PASSWORD

    def home(self, who: str) -> Tenant:
        """The organisation of a person."""
        return self.tenants[PEOPLE[who][1]]

    def actor(self, who: str) -> Actor:
        """A person acting in their organisation."""
        name, slug, role = PEOPLE[who]
        tenant = self.tenants[slug]
        return Actor(
            tenant.id, name, self.people[who].id, frozenset({role.value}), tenant.is_network
        )


def build_cast() -> Cast:
    """Write the cast and commit it into the test's outer transaction."""
    tenants = {
        slug: Tenant(slug=slug, kind=kind, name=name, short_name=slug.upper(), postcode=postcode)
        for slug, (kind, name, postcode) in ORGANISATIONS.items()
    }
    db.session.add_all(tenants.values())
    db.session.flush()
    password = hash_password(PASSWORD)
    people = {who: _person(who, password) for who in PEOPLE}
    db.session.add_all(people.values())
    db.session.flush()
    for who, (_, slug, role) in PEOPLE.items():
        membership = Membership(
            tenant_id=tenants[slug].id, user_id=people[who].id, roles=[role.value]
        )
        db.session.add(membership)
    bulle = _bulle(tenants["ascs"])
    db.session.commit()
    for row in (*tenants.values(), *people.values(), bulle):
        db.session.refresh(row)
    # Detached and whole: a test reads the cast whatever tenant it then enters.
    db.session.expunge_all()
    return Cast(tenants, people, bulle)


def address(who: str) -> str:
    """The e-mail address of a person of the cast, readable after any request."""
    return f"{who}@exemple.fr"


def _person(who: str, password: str) -> User:
    return User(
        name=PEOPLE[who][0],
        email=address(who),
        password=password,
        fs_uniquifier=f"uniquifier-of-{who}",
        confirmed_at=now(),
    )


def _bulle(porteur: Tenant) -> Bulle:
    bulle = Bulle(
        porteur_id=porteur.id, name="Fontaine d’Ouche", address="1 place de la Fontaine d’Ouche",
        postcode="21000", city="Dijon",
    )  # fmt: skip
    db.session.add(bulle)
    db.session.flush()
    db.session.add(
        StagePassage(
            bulle_id=bulle.id,
            stage=1,
            entered_on=today(),
            decided_by="Le conseil",
            recorded_by_name="Olga Renaud",
        )
    )
    return bulle
