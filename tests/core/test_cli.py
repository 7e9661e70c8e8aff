"""The commands of the installation."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import SecretStr

from app.core.db import db
from app.tenants.models import Invitation, Tenant
from tests.factories.cast import Cast
from tests.factories.work import do_work


def test_a_new_installation_gets_its_network_and_first_administrator(app):
    run = app.test_cli_runner().invoke
    result = run(args=["reseau", "creer", "Ocytocines", "Olga Renaud", "olga@exemple.fr"])
    assert result.exit_code == 0, result.output
    network = db.session.scalars(sa.select(Tenant)).one()
    assert (network.slug, network.kind) == ("ocytocines", "network")
    invitation = db.session.scalars(sa.select(Invitation)).one()
    assert invitation.roles == ["administrator"]
    db.session.rollback()
    do_work()
    (_, mail), *_ = app.extensions["mail_gateway"].read()
    assert mail["To"] == "olga@exemple.fr"


def test_there_is_one_network(app, cast: Cast):
    result = app.test_cli_runner().invoke(args=["reseau", "creer", "Autre", "Zoé", "z@exemple.fr"])
    assert result.exit_code == 1
    assert "a déjà son espace" in result.output


def test_the_demonstration_never_stands_in_production(app, settings, monkeypatch):
    production = settings.model_copy(
        update={"environment": "production", "secret_key": SecretStr("x" * 40)}
    )
    monkeypatch.setitem(app.config, "SETTINGS", production)
    for command in ("semer", "jouer"):
        result = app.test_cli_runner().invoke(args=["demonstration", command])
        assert result.exit_code == 1
        assert "Pas de réseau de démonstration" in result.output
