"""The built bundle in a real browser: axe, the phone's width, and what the script adds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from wtforms import Form, StringField
from wtforms.validators import InputRequired

from tests.ui.conftest import PLACES
from tests.ui.test_lists import ShownPage

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "app/static/build"
SITE = "http://127.0.0.1/"
TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2"}
pytestmark = pytest.mark.browser


class TitreForm(Form):
    """One question, left unanswered."""

    titre = StringField(
        "Titre", [InputRequired("Écrivez un titre.")], description="En peu de mots."
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def pages() -> dict[str, str]:
    """Path to HTML, as the server would answer it; a test may change an answer on the way."""
    return {}


@pytest.fixture
def page(browser: Browser, pages: dict[str, str]) -> Iterator[Page]:
    """A phone whose every request is answered here."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    context.route("**/*", lambda route: _answer(route, pages))
    yield context.new_page()
    context.close()


def _answer(route: Route, pages: dict[str, str]) -> None:
    name = route.request.url.removeprefix(SITE)
    if name.startswith("static/"):
        manifest = json.loads((BUILD / "manifest.json").read_text())
        built = BUILD / manifest.get(Path(name).name, Path(name).name)
        route.fulfill(body=built.read_bytes(), content_type=TYPES.get(built.suffix))
    elif name in pages:
        route.fulfill(body=pages[name], content_type="text/html; charset=utf-8")
    else:
        route.fulfill(status=404)


@pytest.fixture
def gallery(render_file: Callable[..., str], bare_app: object) -> str:
    form = TitreForm()
    form.validate()
    bare_app.jinja_loader.searchpath.append(str(Path(__file__).parent))  # type: ignore[attr-defined]
    return render_file("gallery.html", form=form, page=ShownPage(5, 13), **PLACES)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(
    page: Page, pages: dict[str, str], gallery: str, scheme: str, width: int
) -> None:
    pages["galerie"] = gallery
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(SITE + "galerie")
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run()")["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []


def test_narrow_screen_never_scrolls_sideways(
    page: Page, pages: dict[str, str], gallery: str
) -> None:
    pages["galerie"] = gallery
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(SITE + "galerie")
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_form_sent_back_takes_the_focus_to_its_errors(
    page: Page, pages: dict[str, str], gallery: str
) -> None:
    pages["galerie"] = gallery
    page.goto(SITE + "galerie")
    expect(page.locator(".erreurs")).to_be_focused()


def test_ticked_box_shows_its_mark(page: Page, pages: dict[str, str], gallery: str) -> None:
    # The mark is a data: address inside the kit: the bundle must keep its quotes.
    box = '<input id="case" class="form-check-input" type="checkbox" checked aria-label="Oui">'
    pages["galerie"] = gallery.replace("</main>", box + "</main>")
    page.goto(SITE + "galerie")
    mark = page.locator("#case").evaluate(
        "box => getComputedStyle(box, '::before').webkitMaskImage"
    )
    assert "data:image" in mark


# Counts what leaves the page, after app.js has had its say, and keeps the browser where it is.
COUNT_SENT = """window.sent = 0; addEventListener("submit", (event) => {
  if (!event.defaultPrevented) window.sent += 1;
  event.preventDefault();
})"""


def test_form_is_sent_once(page: Page, pages: dict[str, str], gallery: str) -> None:
    pages["galerie"] = gallery
    page.goto(SITE + "galerie")
    page.evaluate(COUNT_SENT)
    page.get_by_role("button", name="Annuler la convention").click()
    waiting = page.get_by_role("button", name="Envoi…")
    expect(waiting).to_have_attribute("aria-disabled", "true")
    waiting.click(force=True)
    assert page.evaluate("sent") == 1


ZONE = '<div id="suivi" role="status"{mark}>{words}</div>'


def test_work_in_progress_is_read_again_until_it_is_over(
    page: Page, pages: dict[str, str], gallery: str
) -> None:
    started = ZONE.format(mark=' data-rafraichir="0.1"', words="Étape 1")
    pages["travail"] = gallery.replace("<main", started + "<main")
    page.goto(SITE + "travail")
    zone = page.locator("#suivi")
    expect(zone).to_have_text("Étape 1")
    page.evaluate("document.getElementById('suivi').dataset.temoin = 'la même'")
    pages["travail"] = gallery.replace("<main", ZONE.format(mark="", words="C’est prêt.") + "<main")
    expect(zone).to_have_text("C’est prêt.")
    expect(zone).to_have_attribute("data-temoin", "la même")  # a live region must stay in place
    expect(zone).to_have_attribute("data-rafraichir", "")
