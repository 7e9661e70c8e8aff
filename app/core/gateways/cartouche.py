"""What a signature shows on the page: a small PDF/A page drawn inside the field.

pyHanko's own text stamps break PDF/A and PDF/UA (glyph widths); an imported page keeps both.
"""

from __future__ import annotations

import io
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, SimpleBoxLayoutRule
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import StaticStampStyle

from app.core.clock import paris
from app.core.documents import SignatureBox, render_stamp

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[3] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)
_TEMPLATES.filters["paris"] = paris


class _StampPage(PdfContent):
    """The one page of a PDF held in memory; pyHanko's own class reads a file."""

    def __init__(self, pdf: bytes, box: SignatureBox) -> None:
        super().__init__()
        self._pdf = pdf
        self._size = box.size

    def render(self) -> bytes:
        """The drawing operators, with the page imported in the resources."""
        page = PdfFileReader(io.BytesIO(self._pdf))
        self.resources.xobject["/Cartouche"] = self._ensure_writer.import_page_as_xobject(page)
        width, height = self._size
        self.box = BoxConstraints(width=width, height=height)
        return b"/Cartouche Do"


def cartouche(template: str, box: SignatureBox, **facts: object) -> StaticStampStyle | None:
    """The appearance of a signature in `box`, from `templates/pdf/core/`; None if it has no size.

    Raises ValueError when the text does not fit.
    """
    if not all(box.size):
        return None
    stamp = _StampPage(render_stamp(cartouche_html(template, box.size, **facts)), box)
    centred = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID)
    return StaticStampStyle(background=stamp, background_layout=centred, border_width=0)


def cartouche_html(template: str, size: tuple[float, float], **facts: object) -> str:
    """The page of a cartouche of that size, in points."""
    width, height = size
    found = _TEMPLATES.get_template(f"pdf/core/{template}")
    return found.render(width=width, height=height, **facts)
