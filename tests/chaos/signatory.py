"""A signatory with a browser and a letterbox, who tries again when the site does not answer."""

from __future__ import annotations

import http.client
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from app.core.gateways.mail import FolderMail
from tests.chaos.house import PATIENCE, until

AGAIN = 0.1  # seconds between two tries


class Signatory:
    """One person, at one address: opens the link received, asks for the code, signs."""

    def __init__(self, mails: FolderMail, email: str, title: str, address: str) -> None:
        self.mails, self.email, self.title = mails, email, title
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        opener.addheaders = [("User-Agent", "chaos"), ("X-Forwarded-For", address)]
        self.browser = opener
        self.link = ""

    def sign(self) -> str:
        """The whole visit; return the page that says it is done."""
        self.open()
        self.ask_code()
        return self.send_signature()

    def open(self) -> None:
        """Open the link of the last mail."""
        self.link = until(self._received_link, f"the link of {self.email}")
        assert "Lire et signer" in self.request(self.link)

    def ask_code(self) -> None:
        """Ask for a code, and wait for it."""
        before = self._codes()
        self.request(f"{self.link}code", csrf_token=self.token())
        until(lambda: self._codes() - before, f"the code of {self.email}")

    def send_signature(self) -> str:
        """Send the signature, the same form again and again until the site answers."""
        return self.request(self.link, **self.form())

    def form(self) -> dict[str, str]:
        """What the person signs with: the last code received."""
        return {"csrf_token": self.token(), "code": self._last_code(), "consent": "y"}

    def token(self) -> str:
        """The anti-forgery token of the page."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.request(self.link))
        assert found, "no form on the page"
        return found[1]

    def request(self, url: str, **form: str) -> str:
        """A page; whatever is not an answer (refused, cut, 5xx) is asked again."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.once(url, **form)
            except (OSError, http.client.HTTPException) as fault:
                _be_patient(fault, url, deadline)
                time.sleep(AGAIN)

    def once(self, url: str, **form: str) -> str:
        """One try at a page."""
        data = urllib.parse.urlencode(form).encode() if form else None
        with self.browser.open(url, data, timeout=30) as response:
            return str(response.read().decode())

    def refused(self, url: str, **form: str) -> tuple[int, str]:
        """One try that must fail: its status and its page."""
        try:
            self.once(url, **form)
        except urllib.error.HTTPError as fault:
            with fault:
                return fault.code, fault.read().decode()
        raise AssertionError(f"{url} answered")

    def _received_link(self) -> str:
        for text in self._texts("À signer"):
            if found := re.search(r"http://\S+/signature/\S+", text):
                return found[0]
        return ""

    def _codes(self) -> set[str]:
        return set(self._texts("Votre code pour signer"))

    def _last_code(self) -> str:
        found = re.search(r"(\d{3}) (\d{3})", self._texts("Votre code pour signer")[0])
        assert found
        return found[1] + found[2]

    def _texts(self, subject: str) -> list[str]:
        """Newest first, about this convention."""
        return [
            body
            for _, message in self.mails.read()
            if message["To"] == self.email and message["Subject"].startswith(subject)
            if self.title in (body := message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        ]


def _be_patient(fault: Exception, url: str, deadline: float) -> None:
    if isinstance(fault, urllib.error.HTTPError):
        page = fault.read().decode()
        fault.close()
        assert fault.code >= 500, f"{fault.code} {url}: {page[-1500:]}"
        assert "Rien n’a été perdu" in page, f"{fault.code} {url}: {page[-1500:]}"
    assert time.monotonic() < deadline, f"no answer of {url}: {fault}"
