"""`flask …`: one function per command."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from app.core.db import db
from app.demonstration import content, play, seed
from app.tenants.commands import load_territories

TERRITORIES = Path(__file__).parents[1] / "node_modules/@etalab/decoupage-administratif/data"
territories = AppGroup("territoires", help="Le découpage administratif officiel.")
demonstration = AppGroup("demonstration", help="Le réseau de démonstration.")


def register(app: Flask) -> None:
    """Add the commands to the application."""
    app.cli.add_command(territories)
    app.cli.add_command(demonstration)


@territories.command("charger")
@click.argument("folder", type=click.Path(exists=True, path_type=Path), default=TERRITORIES)
def load(folder: Path) -> None:
    """Load or refresh regions, départements, EPCI and communes."""
    counts = load_territories(folder)
    db.session.commit()
    for kind, count in counts.items():
        click.echo(f"{kind} : {count}")


@demonstration.command("semer")
def sow() -> None:
    """Write the demonstration network, once."""
    load_territories(TERRITORIES)
    db.session.commit()
    seed.seed()


@demonstration.command("jouer")
def live() -> None:
    """Have its conventions proposed, approved and signed; print the signed PDF's path."""
    click.echo(play.play())


@demonstration.command("acces")
def show_logins() -> None:
    """Print one login per kind of user."""
    click.echo(f"Mot de passe de toutes ces personnes : {content.PASSWORD}")
    for line in play.logins():
        click.echo(line)
