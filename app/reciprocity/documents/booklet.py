"""A booklet of cheques, to be printed and cut: four a page."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from flask import render_template

from app.core.documents import PdfMeta, RenderedPdf, render_pdf
from app.core.pages import public_url
from app.reciprocity.models import Booklet, Member
from app.reciprocity.models.cheque_numbers import number_cheque
from app.tenants.queries import get_tenant


@dataclass(frozen=True)
class PrintedCheque:
    """A cheque on paper: its number, and the picture of the address that keys it in."""

    number: str
    qr_code: str


def render_booklet(booklet: Booklet, member: Member) -> RenderedPdf:
    """The booklet as a PDF; always the same bytes."""
    tenant = get_tenant(booklet.tenant_id)
    html = render_template(
        "pdf/reciprocity/booklet.html",
        organisation=tenant.name,
        member=member.name,
        number=f"{booklet.number:04d}",
        cheques=[_cheque(booklet, tenant.slug, rank + 1) for rank in range(booklet.cheques)],
    )
    return render_pdf(
        html,
        meta=PdfMeta(
            title=f"Carnet de chèques-heures n° {booklet.number:04d}",
            author=tenant.name,
            subject=f"{booklet.cheques} chèques remis à {member.name}",
        ),
        frozen_at=booklet.issued_at,
    )


def _cheque(booklet: Booklet, slug: str, rank: int) -> PrintedCheque:
    number = str(number_cheque(booklet.tenant_id, booklet.number, rank))
    address = public_url("cheques.key_one", slug=slug, number=number)
    return PrintedCheque(number, segno.make(address, error="m").png_data_uri(scale=6, border=0))
