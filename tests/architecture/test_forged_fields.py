"""Every id that a form carries, replaced by one that the person was not offered."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import Model, TenantOwned, db, tenant_context
from app.tenants.models import Invitation, Membership
from tests.architecture.access import read_rows
from tests.architecture.places import Places, build_places
from tests.architecture.test_access import ALLOWED, SECRETS, Visitor, undone
from tests.factories.cast import Cast
from tests.http import Client

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PAGES = {row.address: row for row in read_rows() if row.method == "GET"}
FORMS = [row for row in read_rows() if row.method == "POST" and not row.names & SECRETS]
# Columns that a form never gives: sent all the same, whatever the page.
UNASKED = ("id", "tenant_id", "sender_id", "publisher_id", "origin_id", "user_id", "porteur_id")


class Fields(HTMLParser):
    """The fields of a page and what each may be sent with."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.open_list = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "select":
            self.open_list = given.get("name", "")
        if tag == "option":
            self.values.setdefault(self.open_list, []).append(given.get("value", ""))
        elif "name" in given and tag in {"input", "textarea"}:
            self.values.setdefault(given["name"], []).append(given.get("value", ""))

    def chosen(self) -> dict[str, str]:
        """What a browser would send: the first answer that is not empty, of each field."""
        return {
            name: next((v for v in values if v), "")
            for name, values in self.values.items()
            if name not in {"", "csrf_token"}
        }

    def ids(self) -> list[str]:
        """The fields that are answered by an id."""
        return [name for name, values in self.values.items() if any(map(ID.fullmatch, values))]


@pytest.fixture
def places(cast: Cast) -> Places:
    """Something of each kind, in the organisations of the cast."""
    return build_places(cast) | {"session": str(uuid.uuid4())}


@pytest.mark.parametrize("who", ["alice", "olga"])
def test_an_id_that_was_not_offered_is_refused(
    app: Flask, client: Client, places: Places, who: str
) -> None:
    visitor = Visitor(app, client, who)
    tried, taken = 0, []
    for address, fields in _pages_with_ids(visitor, who, places):
        for name in fields.ids():
            for forged in (str(uuid.uuid4()), places["member_ccas"], places["received_olga"], "x"):
                sent = fields.chosen() | {name: forged}
                status = visitor.ask("POST", address, sent).status_code
                tried += 1
                if status not in {404, 422}:
                    taken.append(f"{address} {name}: {status}")
    assert taken == []
    assert tried


def test_fields_that_no_form_has_write_nothing_elsewhere(
    app: Flask, cast: Cast, client: Client, places: Places
) -> None:
    """Alice, who may do everything at home, names the CCAS and its ids in every field of every form."""
    visitor = Visitor(app, client, "alice")
    ours, theirs = cast.tenants["ascs"].id, cast.tenants["ccas"].id
    at_home, before, written = _everything_of(ours), _everything_of(theirs), 0
    elsewhere = dict.fromkeys(UNASKED, places["tenant_ccas"])
    for row in FORMS:
        if row.answers["alice"] not in ALLOWED:
            continue
        address = row.address.format_map(places)
        page = visitor.ask("GET", address)
        known = Fields(page.get_data(as_text=True)).chosen() if page.status_code == 200 else {}
        with undone():
            response = visitor.do("POST", address, known | elsewhere)
            assert response.status_code < 500, row
            assert _everything_of(theirs) == before, row
            written += _everything_of(ours) != at_home
    assert written > 10


def _pages_with_ids(visitor: Visitor, who: str, places: Places) -> Iterator[tuple[str, Fields]]:
    for row in FORMS:
        page = PAGES.get(row.address)
        if page is None or page.answers[who] != "200":
            continue
        address = row.address.format_map(places)
        fields = Fields(visitor.ask("GET", address).get_data(as_text=True))
        if fields.ids():
            yield address, fields


def _everything_of(tenant_id: uuid.UUID) -> dict[str, list[str]]:
    """Every row of one organisation, letters received apart, as text."""
    models = [m.class_ for m in Model.registry.mappers if issubclass(m.class_, TenantOwned)]
    with tenant_context(tenant_id):
        return {
            model.__tablename__: sorted(_texts(model, tenant_id))
            for model in (*models, Membership, Invitation)
        }


def _texts(model: type[Model], tenant_id: uuid.UUID) -> list[str]:
    table = model.__table__
    whole = sa.cast(sa.literal_column(table.name), sa.Text)
    rows = sa.select(whole).select_from(table).where(table.c.tenant_id == tenant_id)
    return list(db.session.scalars(rows))
