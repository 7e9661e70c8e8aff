"""Opening a file of unknown origin with pyHanko, within bounds."""

from __future__ import annotations

import io
from dataclasses import dataclass

from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader

from app.core.verification.report import Reason

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a file may cost. Our sealed conventions have 8 revisions and under 1 000 objects.

    Sizes in bytes, times in seconds; `seconds` counts processor time, `patience` the clock's.
    """

    size: int = 25_000_000
    revisions: int = 60
    objects: int = 60_000
    decoded: int = 200 * _MIB
    attachment: int = 8 * _MIB
    memory: int = 768 * _MIB
    seconds: int = 20
    patience: int = 40


DEFAULT_LIMITS = Limits()


class Unreadable(Exception):
    """The file cannot be examined, for `reason`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def open_pdf(pdf: bytes, limits: Limits) -> PdfFileReader:
    """A strict reader on `pdf`; raises Unreadable.

    Size, revisions and objects are counted in the raw bytes, before anything is parsed.
    """
    if len(pdf) > limits.size:
        raise Unreadable("too_large")
    if not pdf.startswith(b"%PDF-"):
        raise Unreadable("not_pdf")
    if pdf.count(b"startxref") > limits.revisions or pdf.count(b" obj") > limits.objects:
        raise Unreadable("too_complex")
    reader = _parse(pdf, limits)
    if reader.encrypted:
        raise Unreadable("encrypted")
    if reader.xrefs.hybrid_xrefs_present:
        raise Unreadable("damaged")  # two contents in one file: each reader picks its own
    if int(reader.trailer_view.get("/Size", 0)) > limits.objects:
        raise Unreadable("too_complex")
    return reader


def _parse(pdf: bytes, limits: Limits) -> PdfFileReader:
    budget = DocumentDecodeBudget(base_allowance=limits.decoded, max_ratio=0)
    try:
        return PdfFileReader(io.BytesIO(pdf), decode_limits=DecodeLimits(document_budget=budget))
    except PdfDecodeLimitError as excess:
        raise Unreadable("too_complex") from excess
