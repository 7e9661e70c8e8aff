"""The pages of the keys for programs: made and shown once, listed, closed."""

from __future__ import annotations

import re

from tests.http import Client

HOME = "/ascs/heures/cles"
SECRET = r"bulles_[\w-]{43}"


def key_of(page: str) -> str:
    """The id that the page gives to the key."""
    found = re.search(r'name="key"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_key_is_made_and_shown_once_however_often_it_is_sent(client: Client) -> None:
    assert "Aucun programme n’a de clé" in client.get(f"{HOME}/", as_="alice").text
    form = {"name": "Tableau", "key": key_of(client.get(f"{HOME}/nouvelle", as_="alice").text)}
    made = client.post(f"{HOME}/nouvelle", form, as_="alice", status=200).text
    assert re.search(SECRET, made)
    again = client.post(f"{HOME}/nouvelle", form, as_="alice", status=422).text
    assert "Cette clé est déjà créée" in again
    assert not re.search(SECRET, again)
    listed = client.get(f"{HOME}/", as_="alice").text
    assert listed.count("Tableau</") == 1
    assert not re.search(SECRET, listed)


def test_a_key_is_closed_after_saying_what_stops(client: Client) -> None:
    client.post(f"{HOME}/nouvelle", {"name": "Tableau"}, as_="alice", status=200)
    client.post(f"{HOME}/nouvelle", {"name": ""}, as_="alice", status=422)
    closing = re.search(rf"{HOME}/[0-9a-f-]+/fermeture", client.get(f"{HOME}/", as_="alice").text)
    assert closing
    assert "ne lit et ne note plus rien" in client.get(closing[0], as_="alice").text
    client.post(closing[0], as_="alice")
    assert "Fermée le" in client.get(f"{HOME}/", as_="alice").text
    client.post(f"{HOME}/nouvelle", {"name": "Tableau"}, as_="bob", status=403)
