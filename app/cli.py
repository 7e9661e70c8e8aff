"""`flask …`: one function per command."""

from __future__ import annotations

import uuid
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import NoResultFound

from app.core.audit import SYSTEM
from app.core.config import settings
from app.core.db import db, one_instant, tenant_context
from app.core.errors import DomainError
from app.core.permissions import Actor
from app.core.rotation import rotate
from app.core.text import long_date
from app.demonstration import content, play, seed
from app.demonstration.hours import open_space, seed_hours
from app.reciprocity.commands import (
    Fault,
    close_days,
    examine_register,
    sign_seal,
    write_seal,
)
from app.reciprocity.queries import measure
from app.tenants.commands import found_network, invite_first_administrator, load_territories
from app.tenants.queries import get_tenant, get_tenant_by_slug, list_tenant_ids

TERRITORIES = Path(__file__).parents[1] / "node_modules/@etalab/decoupage-administratif/data"
territories = AppGroup("territoires", help="Le découpage administratif officiel.")
network = AppGroup("reseau", help="La tête de réseau.")
keys = AppGroup("cles", help="La clé des coordonnées chiffrées.")
registers = AppGroup("reciprocite", help="Les registres des heures.")
demonstration = AppGroup("demonstration", help="Le réseau de démonstration.")


def register(app: Flask) -> None:
    """Add the commands to the application."""
    app.cli.add_command(territories)
    app.cli.add_command(network)
    app.cli.add_command(keys)
    app.cli.add_command(registers)
    app.cli.add_command(demonstration)


@territories.command("charger")
@click.argument("folder", type=click.Path(exists=True, path_type=Path), default=TERRITORIES)
def load(folder: Path) -> None:
    """Load or refresh regions, départements, EPCI and communes."""
    counts = load_territories(folder)
    db.session.commit()
    for kind, count in counts.items():
        click.echo(f"{kind} : {count}")


@network.command("creer")
@click.argument("name")
@click.argument("person")
@click.argument("email")
def found(name: str, person: str, email: str) -> None:
    """Create the head of the network, once, and invite its first administrator by e-mail."""
    try:
        tenant = found_network(name)
        installation = Actor(tenant.id, SYSTEM, roles=frozenset({"administrator"}), is_network=True)
        with tenant_context(tenant.id):
            invite_first_administrator(installation, tenant, name=person, email=email)
            db.session.commit()
    except DomainError as refusal:
        raise click.ClickException(refusal.message) from refusal
    click.echo(f"{name} a son espace. L’invitation part à {email}.")


@keys.command("tourner")
def rotate_keys() -> None:
    """Encrypt everything again with DATA_KEY what DATA_KEY_PREVIOUS had encrypted. Site stopped."""
    previous, current = settings().data_key_previous, settings().data_key
    if previous is None:
        raise click.ClickException("Donnez l’ancienne clé dans DATA_KEY_PREVIOUS.")
    old, new = previous.get_secret_value(), current.get_secret_value()
    count = rotate(old, new, tenant_owned=False)
    db.session.commit()
    for tenant_id in list_tenant_ids(closed=True):
        db.session.rollback()
        with tenant_context(tenant_id):
            count += rotate(old, new, tenant_owned=True)
            db.session.commit()
    click.echo(f"{count} coordonnées chiffrées à nouveau.")


@registers.command("verifier")
@click.option("--organisation", "slug", help="Celle-ci seulement, par son adresse.")
def verify(slug: str | None) -> None:
    """Read the registers again, line by line, and each against its neighbours’; name what does not hold."""
    tenants = _list_tenants(slug)
    faults: list[Fault] = []
    with one_instant() as read_as:
        for tenant_id, name in tenants.items():
            size = measure(read_as(tenant_id), tenant_id)
            if size.accounts:
                with click.progressbar(length=size.entries, label=name) as bar:
                    found = examine_register(read_as, tenant_id, bar.update).faults
                faults += _tell(found)
    if faults:
        raise click.ClickException(f"Ce qui ne va pas : {len(faults)}.")
    click.echo("Rien à signaler.")


@registers.command("sceller")
@click.option("--organisation", "slug", help="Celle-ci seulement, par son adresse.")
def seal(slug: str | None) -> None:
    """Close the days that may be, seal the registers, sign the seals: what is done each night."""
    for tenant_id, name in _list_tenants(slug).items():
        with tenant_context(tenant_id):
            closed = close_days()
            if closed is None:
                continue
            db.session.commit()
            number = write_seal()
            db.session.commit()
            sign_seal(number)
            db.session.commit()
        click.echo(f"{name} : sceau n° {number}, jours clos jusqu’au {long_date(closed)}.")


def _list_tenants(slug: str | None) -> dict[uuid.UUID, str]:
    """The organisations, the closed ones too, or the one at this address: id → name."""
    try:
        ids = [get_tenant_by_slug(slug).id] if slug else list_tenant_ids(closed=True)
    except NoResultFound as unknown:
        raise click.ClickException(f"Aucune organisation à l’adresse « {slug} ».") from unknown
    names = {tenant_id: get_tenant(tenant_id).name for tenant_id in ids}
    db.session.rollback()
    return names


def _tell(faults: list[Fault]) -> list[Fault]:
    for fault in faults:
        transfer = f" [{fault.transfer}]" if fault.transfer else ""
        click.echo(f"  {fault.code} : {fault.sentence}{transfer}")
    return faults


def refuse_production() -> None:
    """The demonstration's password is public: its network never stands in production."""
    if settings().environment == "production":
        raise click.ClickException("Pas de réseau de démonstration en production.")


@demonstration.command("semer")
def sow() -> None:
    """Write the demonstration network, once."""
    refuse_production()
    load_territories(TERRITORIES)
    db.session.commit()
    seed.seed()
    seed_hours()


@demonstration.command("jouer")
def live() -> None:
    """Have its conventions proposed, approved and signed; print the signed PDF's path."""
    refuse_production()
    click.echo(play.play())


@demonstration.command("acces")
def show_logins() -> None:
    """Print one login per kind of user."""
    click.echo(f"Mot de passe de toutes ces personnes : {content.PASSWORD}")
    for line in play.logins():
        click.echo(line)
    click.echo(f"Sans mot de passe, {open_space()}")
