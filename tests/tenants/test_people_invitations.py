"""Invitations: who may be invited, and everything that can happen to their link."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import now
from app.core.db import db
from app.tenants import queries
from app.tenants.models import Invitation, Membership, User
from tests.factories.cast import Cast
from tests.http import Client
from tests.tenants.letterbox import deliver, link_to, mail_to

TEAM = "/ascs/equipe/"
ZOE = {"name": "Zoé Neuf", "email": "Zoe@Exemple.fr", "roles": ["editor", "reader"]}
WORDS = "violon citrouille ardoise 7"


def invite(app: Flask, client: Client, **changes: object) -> str:
    """Alice invites; the path of the link that was sent."""
    guest = ZOE | changes
    client.post(TEAM + "invitation", guest, as_="alice")
    return link_to(app, str(guest["email"]).lower())


def the_invitation() -> Invitation:
    found = sa.select(Invitation).order_by(Invitation.created_at.desc()).limit(1)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def roles_of(email: str, slug: str = "ascs") -> list[str] | None:
    user = queries.find_user(email)
    member = user and queries.find_membership(user.id, queries.get_tenant_by_slug(slug).id)
    return member.roles if member else None


def is_in(client: Client, who: str | None = None) -> bool:
    return client.browser(who).get("/compte/").status_code == 200


def test_a_newcomer_joins_with_a_name_and_is_in(app: Flask, client: Client) -> None:
    link = invite(app, client)
    assert "Zoé Neuf" in client.get(link).get_data(as_text=True)
    client.post(link, {"name": "Zoé Neuville"})
    assert client.get("/ascs/equipe/").status_code == 200
    assert roles_of("zoe@exemple.fr") == ["editor", "reader"]
    user = queries.find_user("zoe@exemple.fr")
    assert user
    assert (user.name, user.password) == ("Zoé Neuville", None)
    assert user.confirmed_at


def test_a_newcomer_may_choose_a_password(app: Flask, client: Client) -> None:
    link = invite(app, client)
    client.post(link, {"name": "Zoé Neuf", "password": "zoeneufzoeneuf"}, status=422)
    assert queries.find_user("zoe@exemple.fr") is None
    client.post(link, {"name": "Zoé Neuf", "password": WORDS})
    client.browser(None).delete_cookie("session")
    client.post("/connexion", {"email": "zoe@exemple.fr", "password": WORDS}, status=302)
    assert is_in(client)


def test_the_mail_says_who_where_and_until_when(app: Flask, client: Client) -> None:
    client.post(TEAM + "invitation", ZOE, as_="alice")
    text = mail_to(app, "zoe@exemple.fr")
    assert "Alice Morel vous invite" in text
    assert "Association des usagers du centre social" in text


def test_who_has_an_account_joins_with_one_button(app: Flask, client: Client) -> None:
    link = invite(app, client, email="denis@exemple.fr", name="Denis", roles=["reader"])
    client.post(link, {}, as_="denis")
    client.get(TEAM, as_="denis")
    assert roles_of("denis@exemple.fr") == ["reader"]
    assert roles_of("denis@exemple.fr", "ccas") == ["administrator"]
    page = client.get("/organisations", as_="denis").get_data(as_text=True)
    assert "/ascs/" in page
    assert "/ccas/" in page


def test_an_invitation_does_not_open_an_existing_account(app: Flask, client: Client) -> None:
    link = invite(app, client, email="denis@exemple.fr", name="Denis", roles=["reader"])
    after = client.post(link, {})
    assert not is_in(client)
    client.get(after.headers["Location"], status=302)
    assert roles_of("denis@exemple.fr") == ["reader"]


def test_a_link_opened_by_another_person_joins_nobody(app: Flask, client: Client) -> None:
    link = invite(app, client)
    page = client.get(link, as_="denis", status=403).get_data(as_text=True)
    assert "pour quelqu’un d’autre" in page
    assert "zoe@" not in page
    client.post(link, {"name": "Denis"}, as_="denis", status=403)
    assert roles_of("denis@exemple.fr") is None
    assert queries.find_user("zoe@exemple.fr") is None


def test_a_link_serves_once(app: Flask, client: Client) -> None:
    link = invite(app, client)
    client.post(link, {"name": "Zoé Neuf"})
    client.browser(None).delete_cookie("session")
    again = client.post(link, {"name": "Quelqu’un"}, status=410).get_data(as_text=True)
    assert "déjà accepté" in again
    assert not is_in(client)


def test_an_expired_link_says_what_to_do(app: Flask, client: Client) -> None:
    link = invite(app, client)
    the_invitation().expires_at = now() - timedelta(days=1)
    db.session.commit()
    assert "a expiré" in client.get(link, status=410).get_data(as_text=True)
    client.post(link, {"name": "Zoé Neuf"}, status=410)
    assert roles_of("zoe@exemple.fr") is None


def test_sending_again_revives_the_same_link(app: Flask, client: Client) -> None:
    link = invite(app, client)
    invitation = the_invitation()
    invitation.expires_at = now() - timedelta(days=1)
    db.session.commit()
    client.post(f"{TEAM}invitation/{invitation.id}/envoi", as_="alice")
    assert link_to(app, "zoe@exemple.fr") == link
    assert len(deliver(app)) == 2
    client.post(link, {"name": "Zoé Neuf"})
    assert roles_of("zoe@exemple.fr") == ["editor", "reader"]


def test_a_revoked_link_opens_nothing(app: Flask, client: Client) -> None:
    link = invite(app, client)
    revocation = f"{TEAM}invitation/{the_invitation().id}/retrait"
    client.post(revocation, as_="alice")
    assert "a été retirée" in client.get(link, status=410).get_data(as_text=True)
    client.post(link, {"name": "Zoé Neuf"}, status=410)
    client.post(revocation, as_="alice", status=422)
    assert roles_of("zoe@exemple.fr") is None


def test_a_forged_link_is_not_found(app: Flask, client: Client) -> None:
    link = invite(app, client)
    client.get(link[:-1] + ("A" if link[-1] != "A" else "B"), status=404)
    client.get(link.replace("/ascs/", "/ccas/"), status=404)


def test_the_same_person_is_not_invited_twice(app: Flask, client: Client) -> None:
    invite(app, client)
    page = client.post(TEAM + "invitation", ZOE, as_="alice", status=422).get_data(as_text=True)
    assert "a déjà une invitation" in page
    assert "Zoé Neuf" in page
    bob = {"name": "Bob", "email": "bob@exemple.fr", "roles": "reader"}
    page = client.post(TEAM + "invitation", bob, as_="alice", status=422).get_data(as_text=True)
    assert "fait déjà partie de l’équipe" in page
    assert len(deliver(app)) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"email": "zoe"}, {"email": ""}, {"roles": []}, {"roles": ["owner"]}],
)
def test_a_form_that_misses_something_sends_nothing(
    app: Flask, client: Client, wrong: dict[str, object]
) -> None:
    client.post(TEAM + "invitation", ZOE | wrong, as_="alice", status=422)
    assert deliver(app) == []


def test_the_invitations_of_others_are_out_of_reach(app: Flask, client: Client) -> None:
    link = invite(app, client)
    invitation = the_invitation().id
    for act in ("envoi", "retrait"):
        client.post(f"/ccas/equipe/invitation/{invitation}/{act}", as_="denis", status=404)
        client.post(f"{TEAM}invitation/{invitation}/{act}", as_="bob", status=403)
    assert the_invitation().revoked_at is None
    client.get(link)


def test_who_left_comes_back_with_the_new_roles(app: Flask, client: Client, cast: Cast) -> None:
    bob = cast.people["bob"].id
    member = db.session.scalars(sa.select(Membership).where(Membership.user_id == bob)).one()
    client.post(f"{TEAM}{member.id}/depart", as_="alice")
    link = invite(app, client, email="bob@exemple.fr", name="Bob", roles=["reader"])
    client.post(link, {}, as_="bob")
    assert roles_of("bob@exemple.fr") == ["reader"]


def test_addresses_are_not_readable_in_the_database(app: Flask, client: Client) -> None:
    invite(app, client)
    for table in (Invitation.__table__, User.__table__):
        kept = db.session.execute(sa.text(f"select email from {table.name}")).scalars().all()  # noqa: S608
        assert kept
        assert not any("exemple" in value for value in kept)
