"""The same convention by WeasyPrint and pyHanko alone, as their manuals write it."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import weasyprint
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext

from app.core.authority import Authority
from app.core.documents import FONTS
from app.core.gateways.cartouche import cartouche_html
from app.core.gateways.certificates import asn1_certificate, asn1_revocation_list
from app.core.gateways.seal import signer_of
from app.core.gateways.timestamp import timestamper
from app.core.issuing import Credential
from tests.core.papers import AMELIE, ATTACHMENT, FROZEN_AT, OLGA, VERIFY_URL

_BOXES = {
    "ocytocines": (57, 400, 270, 500),
    "structure": (290, 400, 503, 500),
    "sceau": (57, 300, 503, 370),
}


class BareSignatures:
    """Holds what a program would load once: the keys, the lists, the timestamps."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._timestamps = timestamper("authority:", authority)

    def render_and_sign(self, html: str) -> bytes:
        """The convention, sealed."""
        pdf = self._with_fields(_write(html, "pdf/a-3a", with_data=True))
        for field, who in (("structure", AMELIE), ("ocytocines", OLGA)):
            credential = self._authority.issue_signatory(who.name, who.organisation)
            page = _cartouche("signatory", field, **vars(who), signed_at=FROZEN_AT)
            pdf = self._sign(pdf, field, credential, page, certify=field == "structure")
        page = _cartouche("seal", "sceau", network="R", sealed_at=FROZEN_AT, verify_url=VERIFY_URL)
        return self._sign(pdf, "sceau", self._authority.seal, page, use_pades_lta=True)

    def _with_fields(self, pdf: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        for name, box in _BOXES.items():
            fields.append_signature_field(writer, fields.SigFieldSpec(name, on_page=5, box=box))
        output = io.BytesIO()
        writer.write(output)
        return output.getvalue()

    def _sign(
        self, pdf: bytes, field: str, credential: Credential, page: str, **options: bool
    ) -> bytes:
        context = ValidationContext(
            trust_roots=[asn1_certificate(self._authority.root.certificate)],
            crls=[asn1_revocation_list(crl) for crl in self._authority.revocation_lists()],
            revocation_mode="require",
        )
        metadata = signers.PdfSignatureMetadata(
            field, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES,
            embed_validation_info=True, validation_context=context, **options,
        )  # fmt: skip
        with tempfile.NamedTemporaryFile(suffix=".pdf") as stamp:
            Path(stamp.name).write_bytes(_write(page, "pdf/a-3u"))
            style = StaticStampStyle.from_pdf_file(stamp.name)
            signer = signers.PdfSigner(
                metadata, signer_of(credential), timestamper=self._timestamps, stamp_style=style
            )
            return signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()


def _cartouche(kind: str, field: str, **facts: object) -> str:
    x0, y0, x1, y1 = _BOXES[field]
    return cartouche_html(f"cartouche_{kind}.html", (x1 - x0, y1 - y0), **facts)


def _write(html: str, variant: str, *, with_data: bool = False) -> bytes:
    data = [weasyprint.Attachment(string=ATTACHMENT.content, name=ATTACHMENT.name)]
    source = weasyprint.HTML(string=html, base_url=str(FONTS) + "/")
    return source.write_pdf(pdf_variant=variant, attachments=data if with_data else None)
