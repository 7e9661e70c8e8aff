"""The pages of conventions: the list, the signing by link, the verification."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa

from app.conventions.models import Convention
from app.core import services
from app.core.db import db
from tests.factories import conventions as make
from tests.factories.cast import Cast
from tests.factories.work import do_work
from tests.http import Client, check_page


def copies(cast: Cast, convention_id: object, count: int) -> None:
    """Add copies of a convention, as many as asked."""
    columns = [c.name for c in Convention.__table__.columns if c.name not in {"id", "number"}]
    listed = ", ".join(f'"{name}"' for name in columns)
    with make.acting(cast, "alice"):
        db.session.execute(
            sa.text(
                f"insert into conventions (id, number, {listed})"  # noqa: S608 column names of ours
                f" select gen_random_uuid(), '2026-' || (:count * 1000 + n), {listed}"
                " from conventions, generate_series(1, :count) n where conventions.id = :id"
            ),
            {"count": count, "id": convention_id},
        )


def test_the_list_costs_the_same_with_ten_and_with_a_thousand(
    client: Client, cast: Cast, queries: list[str]
):
    convention_id = make.prepare(cast)
    copies(cast, convention_id, 10)
    client.get("/ascs/conventions/", as_="alice")
    queries.clear()
    client.get("/ascs/conventions/", as_="alice")
    few = list(queries)
    copies(cast, convention_id, 990)
    queries.clear()
    client.get("/ascs/conventions/", as_="alice")
    assert len(queries) == len(few)
    assert len(few) <= 8, "\n".join(few)


def test_the_list_is_searched_filtered_and_downloaded(client: Client, cast: Cast):
    make.prepare(cast, title="Un appartement")
    page = client.get("/ascs/conventions/?q=appartément", as_="alice").get_data(as_text=True)
    assert "Un appartement" in page
    page = client.get("/ascs/conventions/?q=musée", as_="alice").get_data(as_text=True)
    assert "Aucune convention ne répond" in page
    csv = client.get("/ascs/conventions/?format=csv", as_="alice").get_data(as_text=True)
    assert "Un appartement" in csv
    assert client.get("/ascs/conventions/?format=ods", as_="alice").data[:2] == b"PK"
    client.get("/ascs/conventions/?format=exe", as_="alice", status=404)


def test_someone_signs_by_link_from_the_mail_to_the_thanks(client: Client, cast: Cast, app):
    convention_id = make.in_signature(cast)
    url = mailed_link(app)
    page = client.get(url).get_data(as_text=True)
    assert "Pour Olga Renaud" in page
    assert "o•••••@exemple.fr" in page
    client.post(url + "code")
    do_work()
    code = mailed_code(app)
    wrong = client.post(url, {"code": "12", "consent": "y"}, status=422)
    assert "Ce n’est pas le bon code" in wrong.get_data(as_text=True)
    unconsenting = client.post(url, {"code": code}, status=422)
    assert "Cochez la case" in unconsenting.get_data(as_text=True)
    client.post(url, {"code": code, "consent": "y"})
    assert "Vous avez signé" in client.get(url).get_data(as_text=True)
    assert len(make.look(cast, convention_id).round.acts) == 1


def test_a_refusal_by_link_asks_for_a_reason(client: Client, cast: Cast, app):
    convention_id = make.in_signature(cast)
    url = mailed_link(app)
    empty = client.post(url + "refus", {"motif": ""}, status=422)
    assert "Dites pourquoi vous ne signez pas" in empty.get_data(as_text=True)
    client.post(url + "refus", {"motif": "Le montant est faux"})
    client.get(url + "refus")
    assert make.look(cast, convention_id).state == "draft"
    late = client.get(url, status=422).get_data(as_text=True)
    assert "Le texte a changé" in late


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello", "Ce n’est pas un PDF"),
        (b"", "Ce n’est pas un PDF"),
        (b"%PDF-1.7\n%%EOF", "abîmé"),
    ],
)
def test_what_is_not_a_document_is_told_in_french(client: Client, content: bytes, sentence: str):
    page = verify(client, content, 422)
    assert sentence in page


def test_forty_megabytes_are_refused(client: Client):
    page = verify(client, b"%PDF-" + b"0" * 40_000_000, 413)
    assert "trop lourd" in page


def test_a_sealed_document_is_intact_and_an_altered_one_is_not(client: Client, cast: Cast):
    convention = make.look(cast, make.sealed(cast))
    content = services.storage().get(convention.round.sealed_sha256)
    assert "Ce document est intact" in verify(client, content, 200)
    altered = content.replace(b"/Title", b"/Titlf", 1)
    assert "a été changé" in verify(client, altered, 200)
    page = client.get(f"/verifier/{convention.round.code}").get_data(as_text=True)
    assert "Denis Vasseur" in page
    pdf = client.get(f"/verifier/{convention.round.code}/document.pdf")
    assert pdf.data == content
    client.get("/verifier/AAAAAAAAAAAAAAAAAAAA", status=404)


def test_two_people_editing_at_once_are_told(client: Client, cast: Cast):
    convention_id = make.prepare(cast)
    url = f"/ascs/conventions/{convention_id}/cadre"
    page = client.get(url, as_="alice").get_data(as_text=True)
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]
    form = {"title": "Un", "starts_on": "2027-01-01", "ends_on": "2027-12-31", "bulle": ""}
    client.post(url, form | {"version": version}, as_="alice")
    stale = client.post(url, form | {"version": version, "title": "Deux"}, as_="bob", status=422)
    assert "Quelqu’un a changé" in stale.get_data(as_text=True)
    assert 'value="Deux"' in stale.get_data(as_text=True)
    assert make.look(cast, convention_id).title == "Un"


def verify(client: Client, content: bytes, status: int) -> str:
    """Give a file to /verifier; return its page."""
    browser = client.browser(None)
    form = {
        "csrf_token": client.csrf_token(browser),
        "file": (io.BytesIO(content), "document.pdf"),
    }
    response = browser.post("/verifier/", data=form, content_type="multipart/form-data")
    response.request.environ["wsgi.input"].close()  # the test client's own spool
    page = response.get_data(as_text=True)
    assert response.status_code == status, page[-1500:]
    check_page(page)
    return page


def mailed_link(app) -> str:
    """The path of the last signing link that was mailed."""
    return next(
        found[1]
        for _, message in app.extensions["mail_gateway"].read()
        if (found := re.search(r"http://localhost(/\S+/signature/\S+/)", text_of(message)))
    )


def mailed_code(app) -> str:
    """The last code that was mailed."""
    return next(
        found[1]
        for _, message in app.extensions["mail_gateway"].read()
        if (found := re.search(r"code est\s: (\d{3} \d{3})", text_of(message)))
    )


def text_of(message) -> str:
    """The plain words of a mail."""
    return message.get_body(("plain",)).get_content()
