"""One site for all the tests of this folder, and real browsers for its people."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from launcher.servers import Servers
from tests.browser.people import People
from tests.browser.site import PATIENCE, Site

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
# A slow machine is no fault: only what never comes is one.
expect.set_options(timeout=PATIENCE * 1000)
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="session")
def site(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site, its worker and its relay, with the demonstration network inside."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, servers, f"bulles_browser_{WORKER}", redis_database=15 - int(WORKER[2:]))
    try:
        site.open()
        yield site
    finally:
        site.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, closed when another folder's tests begin: Playwright runs once in a process."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*CHROMIUM])
        yield chromium
        chromium.close()


@pytest.fixture
def people(browser: Browser, site: Site) -> Iterator[People]:
    """The people of the demonstration; whatever their consoles say is a failure."""
    people = People(browser, site)
    yield people
    people.leave()
    assert people.complaints == []


@pytest.fixture(scope="package")
def seen() -> set[str]:
    """The shapes of the pages inspected already, by any of these tests."""
    return set()
