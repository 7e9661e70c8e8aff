"""Exchanges between several: everyone's share is read, then noted in one act."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.core.audit import AuditEvent
from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.exchanges import share_in, share_out
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.hours import find_start
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client

GROUP = "/ascs/heures/groupe"
people = st.lists(st.integers(1, 40), min_size=1, max_size=12, unique=True)


@given(people, people, st.integers(1, 1440), st.sampled_from([share_out, share_in]))
def test_shares_sum_to_zero_and_differ_by_a_minute(
    givers: list[int], others: list[int], minutes: int, share: Callable[..., dict[int, int]]
) -> None:
    receivers = [number + 100 for number in others]
    shares = share(givers, receivers, minutes)
    assert sum(shares.values()) == 0
    assert set(shares) == {*givers, *receivers}
    for side in (givers, receivers):
        parts = [shares[number] for number in side]
        assert max(parts) - min(parts) <= 1


def told(givers: list[int], receivers: list[int], **rest: str) -> str:
    """An address that tells an exchange between several."""
    told = [("donne", n) for n in givers] + [("recoit", n) for n in receivers]
    return urlencode([*told, *{"cle": str(new_id()), **rest}.items()])


def balances(cast: Cast, *numbers: int) -> list[int]:
    """What these accounts of the ASCS hold."""
    with tenant_context(cast.tenants["ascs"].id):
        return [get_account(number).balance for number in numbers]


def test_a_workshop_from_names_to_hours(client: Client, cast: Cast) -> None:
    names = join(cast)
    a, b, c, d, *_ = names.values()
    page = client.get(f"{GROUP}/?donne={a}&nom_donne=yann", as_="alice").text
    assert re.search(rf'name="donne" value="{a}" checked', page)
    assert re.search(rf'name="donne" value="{b}">', page)
    page = client.get(f"{GROUP}/recu?donne={a}&donne={b}&nom_donne=yann", as_="alice").text
    assert "Bernadette et Yann ont donné à…" in page
    assert "Vus dernièrement" in page
    assert f'type="checkbox" name="recoit" value="{a}"' not in page
    client.get(f"{GROUP}/duree?{told([a, b], [c, d])}", as_="alice")
    address = told(
        [a, b], [c, d], minutes="45", rule="chacun", day=str(today()), wording="Atelier", starts=""
    )
    page = client.get(f"{GROUP}/apercu?{address}", as_="alice").text
    assert re.search(r"Bernadette donne <b>45\u00a0min</b>", page)
    assert re.search(r"Fatima reçoit <b>45\u00a0min</b>", page)
    back = client.get(f"{GROUP}/duree?{address}", as_="alice").text
    assert 'value="Atelier"' in back
    done = client.post(f"{GROUP}/apercu?{address}", as_="alice").location
    assert client.post(f"{GROUP}/apercu?{address}", as_="alice").location == done
    assert balances(cast, a, b, c, d) == [45, 45, -45, -45]
    page = client.get(done, as_="alice").text
    assert "Bernadette et Yann ont donné 1\u00a0h\u00a030 à Fatima et Michel" in page
    shown = client.get(done.removesuffix("/suite"), as_="carole").text
    assert "La part de chaque personne" in shown
    assert "Michel a reçu 45\u00a0min." in shown
    client.post(done.replace("/suite", "/annulation"), as_="alice")
    assert balances(cast, a, b, c, d) == [0, 0, 0, 0]


def test_the_givers_time_is_shared(client: Client, cast: Cast) -> None:
    a, b, c, d, *_ = join(cast).values()
    address = told(
        [a], [b, c, d], minutes="1 h 20", rule="partage", day=str(today()), starts="14:00"
    )
    key = re.search(r"cle=([0-9a-f-]{36})", address)
    assert key
    client.post(f"{GROUP}/apercu?{address}", as_="alice")
    assert balances(cast, a, b, c, d) == [80, -27, -27, -26]
    with tenant_context(cast.tenants["ascs"].id):
        record = find_start(uuid.UUID(key[1]), a)
        assert record
        assert (record.starts_at.hour, record.minutes) == (14, 80)


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ({"minutes": ""}, "Dites combien de temps."),
        ({"minutes": "9"}, "9\u00a0heures, ou 9\u00a0minutes"),
        ({"day": "2999-01-01"}, "Ce jour n’est pas encore venu."),
        ({"day": ""}, "Choisissez un jour"),
        ({"rule": "loterie"}, "Il reste une chose à corriger"),
    ],
)
def test_what_is_told_wrong_comes_back(
    client: Client, cast: Cast, rest: dict[str, str], sentence: str
) -> None:
    a, b, c, *_ = join(cast).values()
    whole = {"minutes": "45", "rule": "chacun", "day": str(today()), "wording": "Atelier"} | rest
    url = f"{GROUP}/apercu?{told([a], [b, c], **whole)}"
    page = client.post(url, as_="alice", status=422).text
    assert sentence in page
    assert 'value="Atelier"' in page
    assert balances(cast, a, b, c) == [0, 0, 0]


def test_nobody_gives_to_themselves_nor_to_nobody(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    whole = {"minutes": "45", "rule": "chacun", "day": str(today())}
    both = client.get(f"{GROUP}/apercu?{told([a], [a, b], **whole)}", as_="alice", status=422)
    assert "ne peut pas donner et recevoir" in both.text
    sent = client.get(f"{GROUP}/recu", as_="alice", status=303).location
    assert "Choisissez au moins une personne." in client.get(sent, as_="alice").text
    sent = client.get(f"{GROUP}/duree?donne={a}", as_="alice", status=303).location
    assert f"donne={a}" in sent
    client.get(f"{GROUP}/apercu?{told([a], [], **whole)}", as_="alice", status=404)


def test_wrong_roles_and_strangers(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    whole = {"minutes": "45", "rule": "chacun", "day": str(date(2026, 11, 1))}
    for path in ("/", "/recu", "/duree", f"/apercu?{told([a], [b], **whole)}"):
        client.get(f"{GROUP}{path}", as_="carole", status=403)
    client.post(f"{GROUP}/apercu?{told([a], [b], **whole)}", as_="carole", status=403)
    client.get(f"{GROUP}/?donne=999", as_="alice", status=404)
    client.get(f"{GROUP}/?donne=un", as_="alice", status=404)


def test_a_group_and_a_bulle_have_accounts(client: Client, cast: Cast) -> None:
    a, *_ = join(cast).values()
    page = f"{GROUP}/comptes"
    assert "Donnez un nom au groupe." in client.post(page, as_="alice", status=422).text
    client.post(page, {"name": "La chorale"}, as_="bob")
    ours = f"{GROUP}/bulles/{cast.bulle.id}"
    client.post(ours, as_="alice")
    assert "Pour la Bulle" not in client.get(page, as_="alice").text
    client.post(ours, as_="alice")
    text = client.get(page, as_="carole").text
    assert text.count("<b>Fontaine d’Ouche</b>") == text.count("<b>La chorale</b>") == 1
    assert "Ouvrir un compte" not in text
    client.post(page, {"name": "Le jardin"}, as_="carole", status=403)
    client.post(ours, as_="carole", status=403)
    client.post(f"/ccas/heures/groupe/bulles/{cast.bulle.id}", as_="denis", status=404)
    asked = client.get("/ascs/heures/echanges/nouveau", as_="alice").text
    group = re.search(r'value="(\d+)">La chorale<', asked)
    assert group
    told_ = f"donne={group[1]}&recoit={a}&cle={new_id()}"
    sent = {"minutes": "60", "day": str(today())}
    done = client.post(f"/ascs/heures/echanges/nouveau?{told_}", sent, as_="alice").location
    assert "La chorale a donné 1\u00a0h à Bernadette" in client.get(done, as_="alice").text
    # What a group has tells whom it helped, or what the fund gave: for the team.
    assert "compte à 1\u00a0h" in client.get(page, as_="bob").text
    assert "compte à" not in client.get(page, as_="carole").text


def open_choir(client: Client) -> int:
    """The account of « La chorale », by the form."""
    client.post(f"{GROUP}/comptes", {"name": "La chorale"}, as_="bob")
    shown = re.search(r"comptes/(\d+)/fermeture", client.get(f"{GROUP}/comptes", as_="alice").text)
    assert shown
    return int(shown[1])


def test_a_group_that_ends_is_settled_and_may_meet_again(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    choir = open_choir(client)
    url = f"{GROUP}/comptes/{choir}"
    exchange(cast, choir, a, 90)
    page = client.get(f"{url}/fermeture", as_="alice").text.replace("\xa0", " ")
    assert "le groupe a encore 1 h 30 à recevoir : elles vont au fonds de solidarité" in page
    client.post(f"{url}/fermeture", as_="alice")
    assert balances(cast, choir, 2) == [0, 90]
    page = client.get(f"{GROUP}/comptes", as_="alice").text
    assert "Le compte « La chorale » est fermé." in page.replace("\xa0", " ")
    assert "Groupe, compte fermé" in page
    assert "La chorale" not in client.get("/ascs/heures/echanges/nouveau", as_="alice").text
    client.post(f"{url}/fermeture", as_="alice")
    client.post(f"{url}/reouverture", as_="alice")
    client.post(f"{url}/reouverture", as_="alice")
    assert balances(cast, choir, 2) == [90, 0]
    exchange(cast, b, choir, 120)
    page = client.get(f"{url}/fermeture", as_="alice").text.replace("\xa0", " ")
    assert "le groupe a reçu 30 min d’avance : l’organisation les prend à sa charge" in page
    client.post(f"{url}/fermeture", as_="alice")
    assert balances(cast, choir, 1) == [0, -30]
    with tenant_context(cast.tenants["ascs"].id):
        told = sa.select(AuditEvent.action).where(AuditEvent.action.startswith("account."))
        actions = db.session.scalars(told.order_by(AuditEvent.id)).all()
    assert actions == ["account.opened", "account.closed", "account.reopened", "account.closed"]


def test_only_administrators_close_groups_and_nothing_else_is_one(
    client: Client, cast: Cast
) -> None:
    a, *_ = join(cast).values()
    choir = open_choir(client)
    for who in ("bob", "carole"):
        assert "Fermer…" not in client.get(f"{GROUP}/comptes", as_=who).text
        for act in ("fermeture", "reouverture"):
            client.post(f"{GROUP}/comptes/{choir}/{act}", as_=who, status=403)
    for number in (1, 2, a, 999):
        client.get(f"{GROUP}/comptes/{number}/fermeture", as_="alice", status=404)
        for act in ("fermeture", "reouverture"):
            client.post(f"{GROUP}/comptes/{number}/{act}", as_="alice", status=404)
    with tenant_context(cast.tenants["ascs"].id):
        assert get_account(choir).closed_at is None
