"""The team of an organisation: who is of it, what they may do, who leaves and comes back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.audit import AuditEvent
from app.core.db import db, tenant_context
from app.core.errors import DomainError
from app.core.permissions import Forbidden
from app.tenants import commands, queries
from app.tenants.models import Membership, User
from tests.factories.cast import Cast
from tests.http import Client

TEAM = "/ascs/equipe/"


@pytest.fixture
def ids(cast: Cast) -> dict[str, uuid.UUID]:
    """The membership of each person, at home."""
    return {who: _membership(person).id for who, person in cast.people.items()}


def _membership(person: User) -> Membership:
    return db.session.scalars(sa.select(Membership).where(Membership.user_id == person.id)).one()


def membership(membership_id: uuid.UUID) -> Membership:
    return db.session.get_one(Membership, membership_id, populate_existing=True)


def test_every_member_sees_the_team(client: Client) -> None:
    page = client.get(TEAM, as_="carole").get_data(as_text=True)
    assert "Alice Morel" in page
    assert "Rédaction" in page
    assert "Retirer" not in page
    assert "Inviter" not in page


@pytest.mark.parametrize("who", ["denis", "olga", "fanny"])
def test_nobody_else_sees_it(client: Client, who: str) -> None:
    client.get(TEAM, as_=who, status=404)


def test_a_stranger_is_sent_to_the_door(client: Client) -> None:
    assert client.get(TEAM, status=302).headers["Location"] == "/connexion?next=/ascs/equipe/"


def test_the_team_is_searched_sorted_and_exported(client: Client) -> None:
    found = client.get(TEAM + "?q=redaction", as_="alice").get_data(as_text=True)
    assert "Bob Petit" in found
    assert "Carole Blanc" not in found
    nobody = client.get(TEAM + "?q=zzz", as_="alice").get_data(as_text=True)
    assert "Personne ne répond" in nobody
    upward = client.get(TEAM + "?tri=-nom", as_="alice").get_data(as_text=True)
    assert upward.index("Carole Blanc") < upward.index("Bob Petit")
    export = client.get(TEAM + "?format=csv", as_="alice").get_data().decode("utf-8-sig")
    assert "Bob Petit;bob@exemple.fr;Rédaction;" in export


def test_a_list_page_stays_under_eight_queries(
    client: Client, cast: Cast, queries: list[str]
) -> None:
    client.get(TEAM, as_="alice")
    queries.clear()
    client.get(TEAM, as_="alice")
    assert len(queries) <= 8, queries


ACTS: list[tuple[str, dict[str, Any]]] = [
    ("invitation", {"name": "Zoé", "email": "zoe@exemple.fr", "roles": "reader"}),
    ("{bob}/roles", {"roles": "administrator"}),
    ("{bob}/depart", {}),
    ("{bob}/retour", {}),
]


@pytest.mark.parametrize(("path", "form"), ACTS)
@pytest.mark.parametrize("who", ["bob", "carole"])
def test_only_administrators_change_it(
    client: Client, ids: dict[str, uuid.UUID], who: str, path: str, form: dict[str, Any]
) -> None:
    client.post(TEAM + path.format(**ids), form, as_=who, status=403)
    assert membership(ids["bob"]).roles == ["editor"]


@pytest.mark.parametrize("act", ["roles", "depart", "retour"])
def test_a_member_of_another_organisation_does_not_exist_here(
    client: Client, ids: dict[str, uuid.UUID], act: str
) -> None:
    form = {"roles": "reader"}
    client.post(f"/ccas/equipe/{ids['bob']}/{act}", form, as_="denis", status=404)
    assert membership(ids["bob"]).roles == ["editor"]
    assert membership(ids["bob"]).ended_at is None


def test_roles_change_at_the_next_click(client: Client, ids: dict[str, uuid.UUID]) -> None:
    client.get(TEAM + "invitation", as_="bob", status=403)
    roles = {"roles": ["administrator", "editor"]}
    client.post(f"{TEAM}{ids['bob']}/roles", roles, as_="alice")
    client.get(TEAM + "invitation", as_="bob")
    client.post(f"{TEAM}{ids['bob']}/roles", {"roles": "reader"}, as_="alice")
    client.get(TEAM + "invitation", as_="bob", status=403)


@pytest.mark.parametrize("roles", [{}, {"roles": "owner"}])
def test_a_role_that_does_not_exist_is_refused(
    client: Client, ids: dict[str, uuid.UUID], roles: dict[str, str]
) -> None:
    client.post(f"{TEAM}{ids['bob']}/roles", roles, as_="alice", status=422)
    assert membership(ids["bob"]).roles == ["editor"]


def test_who_leaves_loses_all_rights_at_once_and_can_come_back(
    client: Client, ids: dict[str, uuid.UUID]
) -> None:
    client.get(TEAM, as_="bob")
    client.post(f"{TEAM}{ids['bob']}/depart", as_="alice")
    page = client.get(TEAM, as_="alice").get_data(as_text=True)
    assert "Bob Petit ne fait plus partie de l’équipe" in page
    assert f"{TEAM}{ids['bob']}/retour" in page
    client.get(TEAM, as_="bob", status=404)
    client.post(f"{TEAM}{ids['bob']}/retour", as_="alice")
    client.get(TEAM, as_="bob")
    assert membership(ids["bob"]).roles == ["editor"]


def test_the_last_administrator_stays(client: Client, ids: dict[str, uuid.UUID]) -> None:
    gone = client.post(f"{TEAM}{ids['alice']}/depart", as_="alice", status=422)
    assert "seule personne qui administre" in gone.get_data(as_text=True)
    client.post(f"{TEAM}{ids['alice']}/roles", {"roles": "reader"}, as_="alice", status=422)
    client.post(f"{TEAM}{ids['bob']}/roles", {"roles": "administrator"}, as_="alice")
    client.post(f"{TEAM}{ids['alice']}/roles", {"roles": "reader"}, as_="alice")
    assert membership(ids["alice"]).roles == ["reader"]


def test_what_happens_to_the_team_is_in_the_journal(cast: Cast) -> None:
    alice, member = cast.actor("alice"), _membership(cast.people["bob"]).id
    with tenant_context(cast.tenants["ascs"].id):
        commands.change_roles(alice, member, ["reader"])
        commands.remove_member(alice, member)
        commands.restore_member(alice, member)
        db.session.flush()
        columns = (AuditEvent.action, AuditEvent.actor_name, AuditEvent.details)
        seen = db.session.execute(sa.select(*columns).order_by(AuditEvent.id)).all()
    assert seen == [
        ("member.roles_changed", "Alice Morel", {"before": ["editor"], "after": ["reader"]}),
        ("member.removed", "Alice Morel", {}),
        ("member.restored", "Alice Morel", {}),
    ]


def test_the_rules_hold_below_the_pages_too(cast: Cast) -> None:
    """ASVS 8.3.1: the service refuses, not only the page."""
    bob = cast.actor("bob")
    member = _membership(cast.people["alice"]).id
    with tenant_context(cast.tenants["ascs"].id):
        with pytest.raises(Forbidden):
            commands.remove_member(bob, member)
        with pytest.raises(DomainError):
            commands.remove_member(cast.actor("alice"), member)


def test_counting_administrators_forgets_those_who_left(cast: Cast) -> None:
    home = cast.tenants["ascs"].id
    assert queries.count_administrators(home) == 1
    _membership(cast.people["bob"]).roles = ["administrator", "editor"]
    assert queries.count_administrators(home) == 2
