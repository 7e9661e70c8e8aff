"""PAdES signatures: B-LT for each signatory, B-LTA and a closed document for the final seal; CAdES-T
for bytes that are not a PDF.

Bytes in, bytes out. The level is all or nothing: a timestamp or revocation data that cannot be
had raises ServiceUnavailable, and the same bytes are signed later.
"""

from __future__ import annotations

import asyncio
import io
import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import InsufficientRevinfoError
from pyhanko_certvalidator.fetchers.requests_fetchers import RequestsFetcherBackend

from app.core.authority import Authority
from app.core.documents import signature_box
from app.core.errors import ServiceUnavailable
from app.core.gateways.cartouche import cartouche
from app.core.gateways.certificates import asn1_certificate, asn1_revocation_list
from app.core.gateways.seal import own_seal, signer_of

# It warns at each signature that nothing is fetched; our own revocation lists are given to it.
logging.getLogger("pyhanko.sign.signers.pdf_signer").setLevel(logging.ERROR)


@dataclass(frozen=True)
class SignatoryIdentity:
    """Who signs, in what capacity (may be empty), and for whom."""

    name: str
    title: str
    organisation: str


class SignatureService:
    """Signs with certificates of `authority`, seals with `bought_seal` or the authority's own.

    `fetching` lets pyHanko ask bought authorities for their revocation data; ours is at hand.
    """

    def __init__(
        self,
        authority: Authority,
        timestamps: TimeStamper,
        *,
        bought_seal: Signer | None = None,
        fetching: bool = False,
    ) -> None:
        self._authority = authority
        self._timestamps = timestamps
        self._bought_seal = bought_seal
        self._fetching = fetching

    def sign(
        self,
        pdf: bytes,
        *,
        field: str,
        signatory: SignatoryIdentity,
        signed_at: datetime,
        certify: bool,
    ) -> bytes:
        """`pdf` signed B-LT in `field`, by a certificate made for this signature alone.

        `signed_at` (aware) is when the person acted; it is drawn on the page. `certify` is for the
        first signature: only signatures may be added after it (DocMDP, P=2).
        Raises KeyError without such a field, SigningError when it is signed already.
        """
        credential = self._authority.issue_signatory(signatory.name, signatory.organisation)
        facts = asdict(signatory) | {"signed_at": signed_at}
        style = cartouche("cartouche_signatory.html", signature_box(pdf, field), **facts)
        metadata = replace(self._metadata(field), certify=certify, name=signatory.name)
        return self._apply(pdf, metadata, signer_of(credential), style)

    def seal(self, pdf: bytes, *, field: str, sealed_at: datetime, verify_url: str) -> bytes:
        """`pdf` sealed B-LTA in `field`, whose lock closes every field of the document.

        `verify_url` is where the reader is told to have the file checked.
        """
        signer = self._bought_seal or own_seal(self._authority)
        network = _organisation(signer)
        facts = {"network": network, "sealed_at": sealed_at, "verify_url": verify_url}
        style = cartouche("cartouche_seal.html", signature_box(pdf, field), **facts)
        metadata = replace(self._metadata(field), use_pades_lta=True, name=network)
        return self._apply(pdf, metadata, signer, style)

    def seal_bytes(self, content: bytes) -> bytes:
        """The seal's signature of `content`, apart from it and timestamped: CMS (RFC 5652), DER."""
        signer = self._bought_seal or own_seal(self._authority)
        signing = signer.async_sign_general_data(
            content, "sha256", use_cades=True, timestamper=self._timestamps
        )
        der: bytes = asyncio.run(signing).dump()
        return der

    def _metadata(self, field: str) -> PdfSignatureMetadata:
        return PdfSignatureMetadata(
            field_name=field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            docmdp_permissions=MDPPerm.FILL_FORMS,
            embed_validation_info=True,
            validation_context=self._validation_context(),
        )

    def _validation_context(self) -> ValidationContext:
        # "require": anything softer lets pyHanko call B-LT a file that holds no revocation data.
        return ValidationContext(
            trust_roots=[asn1_certificate(root) for root in self._authority.trust_roots()],
            crls=[asn1_revocation_list(crl) for crl in self._authority.revocation_lists()],
            allow_fetching=self._fetching,
            fetcher_backend=RequestsFetcherBackend() if self._fetching else None,
            revocation_mode="require",
        )

    def _apply(
        self,
        pdf: bytes,
        metadata: PdfSignatureMetadata,
        signer: Signer,
        style: StaticStampStyle | None,
    ) -> bytes:
        pdf_signer = PdfSigner(
            metadata, signer=signer, timestamper=self._timestamps, stamp_style=style
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        try:
            signed: bytes = pdf_signer.sign_pdf(writer, existing_fields_only=True).getvalue()
        except SigningError as fault:
            if isinstance(fault.__cause__, InsufficientRevinfoError):
                raise ServiceUnavailable("revocation", str(fault.__cause__)) from fault
            raise
        return signed


def _organisation(signer: Signer) -> str:
    assert signer.signing_cert is not None  # noqa: S101  # a loaded signer has its certificate
    name: str = signer.signing_cert.subject.native["organization_name"]
    return name


def signed_fields(pdf: bytes) -> tuple[str, ...]:
    """The fields of `pdf` already signed, oldest first; document timestamps are not fields."""
    reader = PdfFileReader(io.BytesIO(pdf))
    return tuple(signature.field_name for signature in reader.embedded_regular_signatures)
