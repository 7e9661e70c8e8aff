"""The pages of the cheques: a booklet handed out, printed, lost, found; a pile keyed in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.core.clock import today
from app.core.db import db, tenant_context
from app.reciprocity.models import Booklet, Transfer
from app.reciprocity.models.cheque_numbers import number_cheque
from tests.factories.cast import Cast
from tests.factories.reciprocity import join
from tests.http import Client

HOURS = "/ascs/heures"


@pytest.fixture
def accounts(cast: Cast) -> dict[str, int]:
    """Two members."""
    return join(cast, "Bernadette", "Yann")


def plain(response: TestResponse) -> str:
    """What an answer says, its unbreakable spaces aside."""
    return response.text.replace("\u00a0", " ")


def issue(client: Client) -> str:
    """A booklet for Bernadette; the address of its page."""
    made = client.post(f"{HOURS}/carnets/nouveau", {"member": "Bernadette"}, as_="bob")
    return str(made.location)


def number(cast: Cast, rank: int) -> str:
    """The number of a cheque of the first booklet."""
    return str(number_cheque(cast.tenants["ascs"].id, 1, rank))


def row(rank: int, *typed: str) -> Mapping[str, str]:
    """The fields of a row of the pile."""
    names = ("number", "giver", "minutes", "day")
    return {f"rows-{rank}-{name}": text for name, text in zip(names, typed, strict=False)}


def test_a_booklet_is_handed_out_printed_lost_and_found(
    client: Client, accounts: dict[str, int]
) -> None:
    assert "Remettez un premier carnet" in plain(client.get(f"{HOURS}/carnets/", as_="bob"))
    page = plain(client.get(f"{HOURS}/carnets/nouveau?membre={accounts['Bernadette']}", as_="bob"))
    assert f'value="{accounts["Bernadette"]}"' in page
    client.post(f"{HOURS}/carnets/nouveau", {"member": "Zoé"}, as_="bob", status=422)
    shown = issue(client)
    assert "Carnet n° 0001" in plain(client.get(shown, as_="carole"))
    assert client.get(f"{shown}/pdf", as_="bob").data.startswith(b"%PDF-1.7")
    client.post(f"{shown}/annulation", as_="bob")
    lost = plain(client.get(shown, as_="bob"))
    assert "Annulé le" in lost
    assert f'action="{shown}/retablissement"' in lost
    client.post(f"{shown}/retablissement", as_="bob")
    assert "Imprimer le carnet" in plain(client.get(shown, as_="bob"))
    listed = plain(client.get(f"{HOURS}/carnets/?q=bernad&etat=valides&format=csv", as_="bob"))
    assert f"0001;Bernadette;{today()};0;" in listed
    assert "0001" not in plain(client.get(f"{HOURS}/carnets/?etat=annules", as_="bob"))


def test_a_pile_notes_what_is_right_and_hands_back_the_rest(
    client: Client, cast: Cast, accounts: dict[str, int]
) -> None:
    shown = issue(client)
    pile = {
        **row(0, number(cast, 1), "Yann", "1h30", f"{today():%d/%m}"),
        **row(1, number(cast, 2)),
        **row(2, f"0001-03-{'A' if number(cast, 3)[-1] != 'A' else 'B'}", "Yann", "1 h", "hier"),
        **row(3, number(cast, 4), "Michel", "90", str(today())),
    }
    page = plain(client.post(f"{HOURS}/cheques/", pile, as_="bob", status=422))
    assert "1 chèque en ordre" in page
    assert "3 chèques ne sont pas notés" in page
    assert "Yann a donné 1 h 30 à Bernadette." in page
    assert "Carnet de Bernadette" in page
    assert "Nous ne trouvons personne du nom de « Michel »" in page
    kept = re.findall(r'name="rows-(\d+)-number"[^>]* value="([^"]+)"', page)
    assert [text for _, text in kept] == [number(cast, 2), pile["rows-2-number"], number(cast, 4)]
    with tenant_context(cast.tenants["ascs"].id):
        assert db.session.scalars(sa.select(Transfer.minutes)).all() == [90]
    again = {
        **row(0, number(cast, 1), "Yann", "1:30", str(today())),
        **row(1, number(cast, 2), "Yann", "60", str(today())),
    }
    client.post(f"{HOURS}/cheques/", again, as_="bob")
    assert "2 chèques notés." in plain(client.get(f"{HOURS}/cheques/", as_="bob"))
    other = client.post(
        f"{HOURS}/cheques/",
        row(0, number(cast, 1), "Yann", "2 h", str(today())),
        as_="bob",
        status=422,
    ).text
    assert "Déjà noté autrement" in other
    assert "Noté par Bob Petit" in other
    assert "1 h 30" in plain(client.get(shown, as_="carole"))


def test_a_refusal_stands_beside_what_it_is_about(
    client: Client, cast: Cast, accounts: dict[str, int]
) -> None:
    issue(client)
    pile = {
        **row(0, number(cast, 1), "Yann", "1 h", "01/01/2999"),
        **row(1, number(cast, 2), "Bernadette", "1 h", str(today())),
        **row(2, number(cast, 3), "Yann", "23 h", str(today())),
    }
    page = plain(client.post(f"{HOURS}/cheques/", pile, as_="bob", status=422))
    told = re.findall(r'<a href="#rows-(\d-\w+)">[^<]* : \w+[^<.]*\. ([^<]*)', page)
    assert [(where, sentence.split(".")[0]) for where, sentence in told] == [
        ("0-day", "Ce jour n’est pas encore venu"),
        ("1-giver", "La même personne ne peut pas donner et recevoir"),
        ("2-minutes", "Bernadette peut encore recevoir 20 h"),
    ]


def test_the_picture_on_a_cheque_leads_to_the_form_with_its_number(
    client: Client, cast: Cast, accounts: dict[str, int]
) -> None:
    issue(client)
    page = plain(client.get(f"{HOURS}/cheques/{number(cast, 7)}", as_="bob"))
    assert f'value="{number(cast, 7)}"' in page
    assert "Carnet de Bernadette" in page
    client.get(f"{HOURS}/cheques/nimporte-quoi", as_="bob")
    client.post(f"{HOURS}/cheques/", as_="bob")


def test_who_only_reads_prints_and_notes_nothing(
    client: Client, cast: Cast, accounts: dict[str, int]
) -> None:
    shown = issue(client)
    for url in (f"{shown}/pdf", f"{HOURS}/cheques/", f"{HOURS}/carnets/nouveau"):
        client.get(url, as_="carole", status=403)
    client.post(f"{shown}/annulation", as_="carole", status=403)
    client.post(
        f"{HOURS}/cheques/", row(0, number(cast, 1), "Yann", "60", "1/1"), as_="carole", status=403
    )
    client.get(shown.replace("/ascs/", "/ccas/"), as_="denis", status=404)
    with tenant_context(cast.tenants["ascs"].id):
        assert db.session.scalars(sa.select(Booklet.voided_at)).all() == [None]
