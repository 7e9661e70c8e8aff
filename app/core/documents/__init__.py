"""Printed documents: HTML becomes PDF/A-3a and PDF/UA-1 with tagged signature fields.

This package alone knows WeasyPrint and pikepdf.
"""

from __future__ import annotations

from app.core.documents.render import (
    FONTS,
    PdfAttachment,
    PdfMeta,
    RenderedPdf,
    ResourceRefused,
    open_fonts,
    render_pdf,
    render_stamp,
)
from app.core.documents.signature_fields import SignatureBox, signature_box

__all__ = [
    "FONTS",
    "PdfAttachment",
    "PdfMeta",
    "RenderedPdf",
    "ResourceRefused",
    "SignatureBox",
    "open_fonts",
    "render_pdf",
    "render_stamp",
    "signature_box",
]
