"""A page has one name: on the link that leads there, on the page, on the link that comes back."""

from __future__ import annotations

import re
from html import unescape

from tests.architecture.access import read_rows
from tests.architecture.places_hours import build_hours
from tests.factories.cast import Cast
from tests.factories.reciprocity import join
from tests.http import Client, text

HOME = "/ascs/heures/"
BACK = re.compile(r'<a href="([^"]+)"><i class="bi bi-arrow-left" aria-hidden="true"></i>(.*?)</a>')
PLACE = re.compile(r'<li><a href="(/ascs/heures/[^"]+)">(.*?)</a></li>')
UNNAMED = {"L’échange"}
"""What is called by what it is: its page says who helped whom."""


def read(client: Client, address: str) -> str:
    """The page to which an address leads Alice; nothing for a file."""
    answer = client.browser("alice").get(address, follow_redirects=True)
    return answer.text if answer.mimetype == "text/html" else ""


def title(client: Client, address: str) -> str:
    """The heading of a page."""
    heading = read(client, address).partition("<h1")[2].partition("</h1>")[0]
    return text(heading.partition(">")[2])


def test_the_places_of_the_hours_are_called_as_their_pages(client: Client, cast: Cast) -> None:
    join(cast)
    nav = read(client, HOME).partition('aria-labelledby="lieux"')[2]
    found = {label: title(client, address) for address, label in PLACE.findall(nav)}
    assert len(found) > 12
    assert found.pop("Noter un échange à plusieurs") == "Qui a donné ?"
    assert found == {label: label for label in found}


def test_the_way_back_is_called_as_its_page(client: Client, cast: Cast) -> None:
    places = build_hours(cast) | {"tenant_ccas": cast.tenants["ccas"].id}
    addresses = [
        row.address.format_map(places)
        for row in read_rows()
        if row.method == "GET" and row.address.startswith(HOME) and row.answers["alice"] == "200"
    ]
    ways = {
        (unescape(found[1]), text(found[2]))
        for address in addresses
        if (found := BACK.search(read(client, address))) and found[2] not in UNNAMED
    }
    assert len(ways) > 20
    wrong = {(label, there) for url, label in ways if (there := title(client, url)) != label}
    assert wrong == set()
