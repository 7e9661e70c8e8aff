"""Components and layouts alone: real templates, a bare Flask application, no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5
from flask import Flask, render_template, render_template_string

from app.core.pages import dress

TEMPLATES = Path(__file__).parents[2] / "templates"
Render = Callable[..., Element]


@dataclass(frozen=True)
class Place:
    """What a layout reads of an organisation, a person, the settings or a place of the menu."""

    name: str = ""
    slug: str = ""
    public_url: str = "https://bulles.example"
    label: str = ""
    url: str = "#"
    icon: str = "house"
    current: bool = False
    wide_only: bool = False


MENU = (
    Place(label="Accueil", current=True),
    Place(label="Heures"),
    Place(label="Budget", wide_only=True),
)
PLACES = {"tenant": Place("Centre social", "centre"), "actor": Place("Alice Morel")}


def parse(html: str) -> Element:
    """The document as a tree whose tags bear no namespace."""
    tree: Element = tinyhtml5.parse(html, namespace_html_elements=False)
    return tree


def words(element: Element | None) -> str:
    """What is read of an element, with single spaces."""
    assert element is not None
    return " ".join("".join(element.itertext()).split())


@pytest.fixture
def bare_app() -> Flask:
    """An application that knows the templates and the names they expect, and nothing else."""
    app = Flask(__name__, template_folder=str(TEMPLATES))
    app.secret_key = "tests"
    dress(app.jinja_env)
    app.jinja_env.globals.update(
        asset=lambda name: f"/static/{name}",
        csp_nonce=lambda: "nonce",
        csrf_token=lambda: "jeton",
        menu=lambda: MENU,
        settings=lambda: Place(),
    )
    app.add_url_rule("/", "home", lambda: "")
    app.add_url_rule("/centre/", "accueil.show", lambda: "")
    app.add_url_rule("/<lieu>/conventions", "liste", lambda lieu: "")
    return app


@pytest.fixture
def render(bare_app: Flask) -> Render:
    """Render a piece of template at `/centre/conventions`; `at` is the query of the address."""

    def draw(source: str, at: str = "", **context: object) -> Element:
        with bare_app.test_request_context(f"/centre/conventions?{at}"):
            return parse(render_template_string(source, **PLACES, **context))

    return draw


@pytest.fixture
def render_file(bare_app: Flask) -> Callable[..., str]:
    """Render a template of the project to text."""

    def draw(name: str, **context: object) -> str:
        with bare_app.test_request_context("/centre/conventions"):
            return render_template(name, **{**PLACES, **context})

    return draw
