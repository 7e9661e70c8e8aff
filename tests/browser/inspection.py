"""What every page must be: found by axe to be accessible, read on a narrow screen, one main heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, Response

from tests.browser.people import DESKTOP, PHONE
from tests.browser.site import PROJECT

AXE = (PROJECT / "node_modules/axe-core/axe.min.js").read_text()
# What passes is thousands of nodes, which took as long to bring here as to find.
RUN = "axe.run({resultTypes: ['violations']}).then(results => results.violations)"
# Colours depend on the theme and what is shown on the width: both cross in two looks, not four.
LOOKS: tuple[tuple[Any, Any], ...] = ((DESKTOP, "light"), (PHONE, "dark"))
PIECES = "[...new Set([...document.body.querySelectorAll('*')].map(e => e.tagName + e.className))]"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
PLACE = re.compile(r"^http://[^/]+/[^/]*")  # the site and the organisation
NOT_PAGES = re.compile(
    r"[./]pdf$|\.json$|/(archive|donnees)$|/(sceaux|reprises/modeles|courrier)/."
)
ABOUT = re.compile(r"\?(membre|donne|recoit|bulle)=")  # not a filter: another page
CHOICES = """forms => forms.map(form => {
  const answer = new FormData(form, form.querySelector(".choix button"));
  return form.action.split("?")[0] + "?" + new URLSearchParams(answer);
})"""
ALIKE = 5  # pages looked at of one address, identifiers apart: conventions in their several states


def inspect(page: Page, seen: set[str]) -> list[str]:
    """What is wrong with the page shown, in words; nothing if one of its kind, made of the same pieces,
    was `seen`."""
    pieces = sorted(page.evaluate(PIECES))
    kind = ",".join([ID.sub("_", PLACE.sub("", page.url.split("?")[0])), *pieces])
    if kind in seen:
        return []
    seen.add(kind)
    where = page.url
    faults = [f"{where}: {n} h1" for n in [page.locator("h1").count()] if n != 1]
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(AXE)
    for size, scheme in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(RUN)
        faults += [f"{where}, {size['width']} {scheme}: {_told(fault)}" for fault in found]
    return faults + [f"{where}: {w} px wide scrolls by {s}" for w, s in _sideways(page)]


def survey(page: Page, seen: set[str], *addresses: str, within: str = "") -> tuple[list[str], int]:
    """What is wrong with the pages that are reached from some, and how many were visited."""
    faults, count = list[str](), 0
    for response in crawl(page, *addresses, within=within):
        count += 1
        if response.status != 200:
            faults.append(f"{response.url}: {response.status}")
        faults += inspect(page, seen)
    return faults, count


def crawl(page: Page, *addresses: str, within: str = "") -> Iterator[Response]:
    """Visit what can be reached by links from some pages, each kind of page a few times, one that asks
    the next question of a form once; `within`: a part that their addresses have."""
    waiting, visited, kinds = list(addresses), set[str](), dict[str, int]()
    while waiting:
        address = waiting.pop(0)
        kind = ID.sub("_", address)
        enough = kinds.get(kind, 0) == (1 if "?" in address else ALIKE)
        if address in visited or enough or within not in address or NOT_PAGES.search(address):
            continue
        visited.add(address)
        kinds[kind] = kinds.get(kind, 0) + 1
        response = page.goto(address)
        assert response
        yield response
        waiting += _links(page)


def _links(page: Page) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    site = re.match(r"http://[^/]+", page.url)
    assert site
    choices = page.eval_on_selector_all("form[method=get]:has(.choix button)", CHOICES)
    plain = (link if ABOUT.search(link) else link.split("?")[0] for link in found)
    inside = [*(link.split("#")[0] for link in plain), *choices]
    return [link for link in inside if link.startswith(site[0] + "/")]


def _sideways(page: Page) -> Iterator[tuple[int, int]]:
    for width in (320, 768):
        page.set_viewport_size({"width": width, "height": 800})
        if (excess := page.evaluate(SIDEWAYS)) > 0:
            yield width, excess
    page.set_viewport_size(DESKTOP)


def _told(violation: dict[str, Any]) -> str:
    return f"{violation['id']} {[node['html'][:200] for node in violation['nodes'][:2]]}"
