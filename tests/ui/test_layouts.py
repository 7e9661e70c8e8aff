"""Layouts and the rules that every template keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, flash, render_template, render_template_string
from jinja2 import ChoiceLoader, DictLoader

from tests.ui.conftest import PLACES, TEMPLATES, Render, parse, words

PAGE = '{% extends "layouts/tenant.html" %}{% block titre %}Conventions{% endblock %}'
ERROR = {
    "status": 404,
    "titre": "Nous ne trouvons pas cette page",
    "phrase": "L’adresse est incomplète.",
    "conseil": "",
    "numero": "7F3A-22C1",
    "retour_url": "/",
}
OURS = sorted(
    path
    for folder in ("layouts", "components", "errors")
    for path in (TEMPLATES / folder).glob("*.html")
)


def test_page_has_its_landmarks_and_a_way_to_skip(render: Render) -> None:
    page = render(PAGE)
    assert page.get("lang") == "fr"
    assert words(page.find(".//title")) == "Conventions · Réseau des Bulles"
    skip = page.find("body")[0]  # type: ignore[index]
    assert skip.get("href") == "#contenu"
    assert page.find(".//main[@id='contenu']") is not None
    assert page.find(".//script").get("nonce") == "nonce"  # type: ignore[union-attr]


def test_menu_marks_the_place_and_keeps_three_on_a_phone(render: Render) -> None:
    page = render(PAGE)
    items = page.findall(".//nav//li")
    assert [words(item) for item in items] == ["Accueil", "Heures", "Budget", "Menu"]
    assert [item.get("class") for item in items] == [None, None, "large-seul", "plus"]
    assert [words(a) for a in page.findall(".//nav//a[@aria-current]")] == ["Accueil"]


def test_stranger_sees_nothing_of_the_organisation(render_file: Callable[..., str]) -> None:
    inside = render_file("errors/error.html", **ERROR)
    outside = render_file("errors/error.html", **ERROR, actor=None)
    assert "Centre social" in inside
    assert "Centre social" not in outside
    assert "7F3A-22C1" in outside


def test_success_offers_its_undo(bare_app: Flask) -> None:
    undoable = {
        "phrase": "Bob est retiré.",
        "annulation_url": "/r",
        "annulation_mot": "Le remettre",
    }
    with bare_app.test_request_context("/centre/conventions"):
        flash("L’échange est noté.")
        flash(undoable)  # type: ignore[arg-type]  # Flask keeps any JSON value
        flash("Le lien a <b>expiré</b>.", "error")
        page = parse(render_template_string(PAGE, **PLACES))
    said = [words(zone) for zone in page.findall(".//*[@role='status']")]
    assert said == ["L’échange est noté.", "Bob est retiré. Le remettre"]
    assert words(page.find(".//*[@role='alert']")) == "Le lien a <b>expiré</b>."
    assert [form.get("action") for form in page.findall(".//form")] == ["/r"]


@pytest.mark.parametrize(("name", "shown"), [("", False), ("Denis Vasseur", True)])
def test_public_page_names_the_person_it_is_for(render: Render, name: str, shown: bool) -> None:
    page = render(
        '{% extends "layouts/public.html" %}{% block titre %}x{% endblock %}'
        "{% block pour %}{{ name }}{% endblock %}",
        name=name,
    )
    assert ("Pour Denis Vasseur" in words(page.find(".//header"))) is shown
    assert page.find(".//nav") is None


def test_plain_mail_is_not_escaped(bare_app: Flask) -> None:
    mail = (
        '{% extends "layouts/email.txt" %}{% block contenu %}{{ nom }}{% endblock %}'
        "{% block raison %}Un lien.{% endblock %}"
    )
    assert bare_app.jinja_loader is not None
    bare_app.jinja_loader = ChoiceLoader([DictLoader({"mail.txt": mail}), bare_app.jinja_loader])
    with bare_app.test_request_context():
        text = render_template("mail.txt", nom="L’été & l’hiver")
    assert text.startswith("L’été & l’hiver\n")
    assert "\n-- \nRéseau des Bulles\nUn lien.\nUne question" in text


@pytest.mark.parametrize("path", OURS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_template_keeps_the_rules(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("{#"), "says what it is first"
    assert len(text.splitlines()) <= 120
    assert not re.search(r"\s(style|on[a-z]+)=", text), "the content policy refuses inline code"
    assert re.search(r"\|\s*safe\b", text) is None
