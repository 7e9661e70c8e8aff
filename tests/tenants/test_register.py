"""The register of organisations: numbers, addresses of spaces, closing, and who may touch it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.core.audit import AuditEvent
from app.core.db import db, tenant_context
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, Forbidden
from app.tenants import commands, queries
from app.tenants.commands import TenantSheet
from app.tenants.models import Invitation, Tenant, TenantKind
from app.tenants.models.identifiers import read_rna, read_siren, read_siret
from tests.factories.cast import Cast
from tests.http import Client

NEW = TenantSheet(TenantKind.ASSOCIATION, "Fées déclic")
REGISTER = "/ocytocines/organisations/"


@pytest.fixture
def olga(cast: Cast) -> Iterator[Actor]:
    """Olga, in the network's own tenant."""
    actor = cast.actor("olga")
    with tenant_context(actor.tenant_id):
        yield actor


def find(slug: str) -> Tenant:
    return db.session.scalars(sa.select(Tenant).where(Tenant.slug == slug)).one()


@pytest.mark.parametrize("typed", ["732 829 320", "732829320", "732.829.320"])
def test_a_siren_is_read_without_its_spaces(typed: str) -> None:
    assert read_siren(typed) == "732829320"


@pytest.mark.parametrize("typed", ["732829321", "73282932", "7328293200", "abcdefghi"])
def test_a_wrong_siren_is_refused(typed: str) -> None:
    with pytest.raises(DomainError):
        read_siren(typed)


@pytest.mark.parametrize("typed", ["73282932000074", "356 000 000 49837", "35600000000048"])
def test_a_siret_is_read_even_those_of_la_poste(typed: str) -> None:
    assert read_siret(typed) == typed.replace(" ", "")


@pytest.mark.parametrize("typed", ["73282932000075", "35600000049838", "7328293200007"])
def test_a_wrong_siret_is_refused(typed: str) -> None:
    with pytest.raises(DomainError):
        read_siret(typed)


@pytest.mark.parametrize("typed", ["W212001234", "w 212 001 234", "W2A1001234", "W9R1004567"])
def test_an_rna_is_read_corsican_and_overseas_ones_too(typed: str) -> None:
    assert read_rna(typed) == typed.replace(" ", "").upper()


@pytest.mark.parametrize("typed", ["W21200123", "W2120012345", "212001234", "WW12001234"])
def test_a_wrong_rna_is_refused(typed: str) -> None:
    with pytest.raises(DomainError):
        read_rna(typed)


def test_the_siren_comes_from_the_siret(olga: Actor) -> None:
    sheet = TenantSheet(TenantKind.ASSOCIATION, "Fées déclic", siret="732 829 320 00074")
    tenant = commands.create_tenant(olga, sheet)
    assert (tenant.siren, tenant.siret) == ("732829320", "73282932000074")


def test_a_siret_of_another_siren_is_refused(olga: Actor) -> None:
    sheet = TenantSheet(TenantKind.FUNDER, "La Poste", siren="732829320", siret="35600000000048")
    with pytest.raises(DomainError, match="ne commence pas"):
        commands.create_tenant(olga, sheet)


def test_the_address_of_a_space_comes_from_the_name_and_is_never_taken_twice(olga: Actor) -> None:
    slugs = [commands.create_tenant(olga, NEW).slug for _ in range(3)]
    assert slugs == ["fees-declic", "fees-declic-2", "fees-declic-3"]


def test_a_name_that_is_a_reserved_word_gets_another_address(olga: Actor) -> None:
    sheet = TenantSheet(TenantKind.ASSOCIATION, "Aide")
    assert commands.create_tenant(olga, sheet).slug == "aide-2"


@pytest.mark.parametrize("slug", ["connexion", "Vérifier", "ascs", "---"])
def test_a_reserved_or_taken_address_is_refused(olga: Actor, slug: str) -> None:
    with pytest.raises(DomainError):
        commands.create_tenant(olga, TenantSheet(TenantKind.ASSOCIATION, "Fées", slug=slug))


def test_there_is_one_head_of_the_network(olga: Actor) -> None:
    with pytest.raises(DomainError):
        commands.create_tenant(olga, TenantSheet(TenantKind.NETWORK, "Un autre"))
    with pytest.raises(DomainError):
        commands.update_tenant(olga, olga.tenant_id, TenantSheet(TenantKind.FUNDER, "Ocytocines"))


def test_what_was_seen_is_no_longer_the_last(olga: Actor) -> None:
    tenant = find("ccas")
    seen = tenant.version
    commands.update_tenant(olga, tenant.id, TenantSheet(TenantKind.TERRITORY, "CCAS"), version=seen)
    db.session.flush()
    with pytest.raises(StalePage):
        commands.update_tenant(olga, tenant.id, NEW, version=seen)


def test_who_runs_a_bulle_cannot_be_closed(olga: Actor) -> None:
    with pytest.raises(DomainError, match="Fontaine"):
        commands.archive_tenant(olga, find("ascs").id)


def test_a_closed_space_leaves_the_network_and_comes_back(olga: Actor) -> None:
    tenant = find("ccas")
    commands.archive_tenant(olga, tenant.id)
    commands.archive_tenant(olga, tenant.id)
    assert tenant.id not in queries.list_tenant_ids()
    commands.restore_tenant(olga, tenant.id)
    assert tenant.id in queries.list_tenant_ids()
    events = db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert events == ["tenant.archived", "tenant.restored"]


@pytest.mark.parametrize("who", ["alice", "fanny"])
def test_only_the_network_keeps_the_register(cast: Cast, who: str) -> None:
    with pytest.raises(Forbidden):
        commands.create_tenant(cast.actor(who), NEW)


@pytest.mark.parametrize("path", ["", "nouvelle"])
def test_others_do_not_read_the_register(client: Client, path: str) -> None:
    client.get(f"/ascs/organisations/{path}", as_="alice", status=403)
    client.get(f"{REGISTER}{path}", as_="alice", status=404)


def test_adding_an_organisation_invites_its_administrator(client: Client) -> None:
    form = {
        "kind": "association",
        "name": "Fées déclic",
        "number": "73282932000074",
        "person": "Zoé Martin",
        "email": "zoe@exemple.fr",
    }
    sheet = client.post(f"{REGISTER}nouvelle", form, as_="olga").headers["Location"]
    page = client.get(sheet, as_="olga").get_data(as_text=True)
    assert "73282932000074" in page
    invitation = db.session.scalars(sa.select(Invitation)).one()
    assert invitation.roles == ["administrator"]
    assert invitation.tenant_id == find("fees-declic").id


def test_a_form_comes_back_with_what_was_typed_and_nothing_is_written(client: Client) -> None:
    form = {"kind": "association", "name": "Fées déclic", "number": "123", "person": "Zoé"}
    page = client.post(f"{REGISTER}nouvelle", form, as_="olga", status=422).get_data(as_text=True)
    assert "Il reste deux choses à corriger" in page
    assert 'value="Fées déclic"' in page
    assert not db.session.scalars(sa.select(Tenant).where(Tenant.name == "Fées déclic")).all()


def test_two_people_editing_at_once(client: Client) -> None:
    address = f"{REGISTER}{find('ccas').id}/identite"
    form = {"kind": "territory", "name": "CCAS", "slug": "ccas", "version": "1"}
    client.post(address, {**form, "name": "CCAS de Dijon"}, as_="olga")
    client.post(address, form, as_="olga", status=422)
    assert find("ccas").name == "CCAS de Dijon"


def test_closing_can_be_undone_from_the_next_page(client: Client) -> None:
    sheet = f"{REGISTER}{find('ccas').id}"
    client.post(f"{sheet}/fermeture", as_="olga")
    assert f'action="{sheet}/ouverture"' in client.get(sheet, as_="olga").get_data(as_text=True)
    client.get("/ccas/", as_="denis", status=404)
    client.post(f"{sheet}/ouverture", as_="olga")
    client.get("/ccas/", as_="denis")


def test_the_list_is_searched_sorted_and_exported(client: Client) -> None:
    page = client.get(f"{REGISTER}?q=voisins", as_="olga").get_data(as_text=True)
    assert "Tous voisins 44" in page
    assert "Carsat" not in page
    assert "Effacer les filtres" in client.get(f"{REGISTER}?q=zz", as_="olga").get_data(
        as_text=True
    )
    text = (
        client.get(f"{REGISTER}?genre=funder&format=csv", as_="olga").get_data().decode("utf-8-sig")
    )
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert [row[0] for row in rows] == ["Nom", "Carsat Bourgogne-Franche-Comté"]
    assert client.get(f"{REGISTER}?format=ods", as_="olga").get_data().startswith(b"PK")
    client.get(f"{REGISTER}?format=exe", as_="olga", status=404)
