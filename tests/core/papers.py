"""A convention of six pages, at each step of its life; the benchmarks use it too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.core.documents import PdfAttachment, PdfMeta, RenderedPdf, render_pdf
from app.core.gateways.signature import SignatoryIdentity, SignatureService

FROZEN_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
DATA = b'{"convention":"2026-014"}'
META = PdfMeta("Convention 2026-014", "Ocytocines", "Occupation et réciprocité")
ATTACHMENT = PdfAttachment("convention.json", "Données de la convention", DATA)
OLGA = SignatoryIdentity("Olga Marchand", "Présidente", "Ocytocines")
AMELIE = SignatoryIdentity("Amélie Rousseau-Delacroix", "Directrice", "La Bulle des Halles")
VERIFY_URL = "https://bulles.example/verifier"

_PROJECT = Path(__file__).parents[2]
_LOADER = FileSystemLoader([_PROJECT / "tests" / "core", _PROJECT / "templates"])
_TEMPLATES = Environment(loader=_LOADER, autoescape=True, undefined=StrictUndefined)


@dataclass(frozen=True)
class Papers:
    """The same convention: frozen, signed by one party, by both, then sealed."""

    frozen: RenderedPdf
    once: bytes
    twice: bytes
    sealed: bytes


def convention_html(articles: int = 16) -> str:
    """Six pages for sixteen articles."""
    return _TEMPLATES.get_template("convention.html").render(articles=articles)


def render(html: str) -> RenderedPdf:
    """`html` frozen as the convention is."""
    return render_pdf(html, meta=META, attachment=ATTACHMENT, frozen_at=FROZEN_AT)


def sign_all(service: SignatureService, frozen: RenderedPdf) -> Papers:
    """Signed by both parties, the second place first, then sealed."""
    once = service.sign(
        frozen.content, field="structure", signatory=AMELIE, signed_at=FROZEN_AT, certify=True
    )
    twice = service.sign(
        once, field="ocytocines", signatory=OLGA, signed_at=FROZEN_AT, certify=False
    )
    sealed = service.seal(twice, field="sceau", sealed_at=FROZEN_AT, verify_url=VERIFY_URL)
    return Papers(frozen, once, twice, sealed)
