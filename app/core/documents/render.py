"""HTML to frozen PDF bytes, by WeasyPrint.

The same HTML, attachment and date give the same bytes: dates come from the caller and fonts are
subset by HarfBuzz, which, unlike fontTools, does not write the current time into them. That holds
for static fonts; a variable font would be instantiated by fontTools, hence the static Atkinson.
"""

from __future__ import annotations

import functools
import hashlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import url2pathname

import weasyprint
from weasyprint.text.ffi import harfbuzz_subset
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from app.core.documents.metadata import AccessibleMetadata, w3c_date
from app.core.documents.signature_fields import SignatureBox, find_boxes, finish_pdf

FONTS = Path(__file__).parents[3] / "node_modules/@fontsource/atkinson-hyperlegible-next"
"""The typeface, put there by set-up; `templates/pdf/core/fonts.css` declares it."""

if harfbuzz_subset is None:
    raise ImportError("libharfbuzz-subset is missing: documents would differ at each rendering")


_RENDERING = threading.Lock()  # Pango's fonts, shared below, serve one thread at a time


class ResourceRefused(ValueError):
    """The HTML asked for something missing, on the network, or outside its folder."""


@dataclass(frozen=True)
class PdfMeta:
    """What the document says of itself; `language` is a BCP 47 tag."""

    title: str
    author: str
    subject: str
    language: str = "fr"


@dataclass(frozen=True)
class PdfAttachment:
    """A file carried by the document, its data in machine form; `name` ends in `.json`."""

    name: str
    description: str
    content: bytes


@dataclass(frozen=True)
class RenderedPdf:
    """The bytes, their sha256 in hexadecimal, the page count and the places to sign."""

    content: bytes
    sha256: str
    pages: int
    boxes: tuple[SignatureBox, ...]


class ConfinedFetcher(URLFetcher):
    """Opens `data:` URLs and the files of one folder; anything else stops the rendering."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            allowed_protocols={"data", "file"}, allow_redirects=False, fail_on_errors=True
        )
        self._folder = folder.resolve()

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """The resource at `url`; WeasyPrint turns what is raised here into a fatal error."""
        if url.startswith("file:") and not self._holds(url):
            raise PermissionError(url)
        return super().fetch(url, headers)

    def _holds(self, url: str) -> bool:
        path = Path(url2pathname(url.removeprefix("file:").partition("?")[0]))
        return path.resolve().is_relative_to(self._folder)


def render_pdf(
    html: str,
    *,
    meta: PdfMeta,
    attachment: PdfAttachment | None = None,
    frozen_at: datetime,
    resources: Path = FONTS,
) -> RenderedPdf:
    """One file that is PDF/A-3a and PDF/UA-1, dated `frozen_at` (aware).

    `html` reads files of `resources` only. Each element with `data-signature="field"` and
    `aria-label` becomes a signature field; `data-lock="all"` has it close the document.
    Raises ResourceRefused, or ValueError when a signature element is split or repeated.
    """
    with _RENDERING:
        document = _lay_out(html, resources)
        document.metadata = _metadata(meta, frozen_at)
        boxes = find_boxes(document.pages)
        attachments = [_attach(attachment, frozen_at)] if attachment else []
        tagged = document.write_pdf(pdf_variant="pdf/a-3a", attachments=attachments)
    content = finish_pdf(tagged, boxes)
    digest = hashlib.sha256(content).hexdigest()
    return RenderedPdf(content, digest, len(document.pages), boxes)


def render_stamp(html: str, *, resources: Path = FONTS) -> bytes:
    """A one-page PDF/A to be drawn inside a signature field; `html` sets its own page size."""
    with _RENDERING:
        document = _lay_out(html, resources)
        if len(document.pages) != 1:
            raise ValueError("a stamp must fit on one page")
        stamp: bytes = document.write_pdf(pdf_variant="pdf/a-3u")
    return stamp


def _lay_out(html: str, resources: Path) -> weasyprint.Document:
    base_url = resources.resolve().as_uri() + "/"
    source = weasyprint.HTML(string=html, base_url=base_url, url_fetcher=ConfinedFetcher(resources))
    try:
        return source.render(pdf_variant="pdf/a-3a", font_config=_fonts())
    except FatalURLFetchingError as fault:
        raise ResourceRefused(str(fault)) from fault


def open_fonts() -> None:
    """Pay now what the first document of a process costs. A worker does it before it forks: its
    children inherit the fonts, and end by os._exit, which leaves the parent's font folder alone."""
    render_stamp(
        "<style>@page { size: 60pt 40pt; margin: 0 }</style><title>Prêt</title><p>Prêt</p>"
    )


@functools.cache
def _fonts() -> FontConfiguration:
    """The fonts, read once in each process: WeasyPrint would unpack them for every document, and
    lose a quarter of a megabyte each time."""
    return FontConfiguration()


def _metadata(meta: PdfMeta, frozen_at: datetime) -> AccessibleMetadata:
    return AccessibleMetadata(
        title=meta.title,
        authors=[meta.author],
        description=meta.subject,
        lang=meta.language,
        created=w3c_date(frozen_at),
        modified=w3c_date(frozen_at),
    )


def _attach(attachment: PdfAttachment, frozen_at: datetime) -> weasyprint.Attachment:
    # WeasyPrint reads an Attachment once: a new one for each rendering.
    return weasyprint.Attachment(
        string=attachment.content,
        name=attachment.name,
        description=attachment.description,
        relationship="Data",
        created=frozen_at.astimezone(UTC),
        modified=frozen_at.astimezone(UTC),
    )
