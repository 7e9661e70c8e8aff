"""The rules pyHanko judges by: revocation data required, nothing fetched, strict differences."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from asn1crypto import crl, x509
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.metadata.model import DocumentMetadata
from pyhanko.pdf_utils.metadata.xmp_xml import meta_from_xmp, parse_xmp
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    ReferenceUpdate,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.poe import KnownPOE, POEType, digest_for_poe
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from app.core.verification.trust import Trust


class SameInfo(DocInfoRule):
    """The information dictionary may get a new date and producer: pyHanko writes them."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """See WhitelistRule; raises SuspiciousModification for a new title or author."""
        _require_same(old.document_meta_view, new.document_meta_view)
        return super().apply(old, new)


class SameXmp(MetadataUpdateRule):
    """The XMP packet may get a new date and producer: pyHanko writes them."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """See WhitelistRule; raises SuspiciousModification for a new title or author."""
        _require_same(_read_xmp(old), _read_xmp(new))
        return super().apply(old, new)


def _read_xmp(revision: HistoricalResolver) -> DocumentMetadata:
    if "/Metadata" not in revision.root:
        return DocumentMetadata()
    # Through the reference: asked by its key, pyHanko parses the packet and loses its place.
    packet: object = revision.root.get_value_as_reference("/Metadata").get_object()
    if not isinstance(packet, StreamObject):
        raise SuspiciousModification("the XMP packet is not a stream")
    content = packet.read_data(DecodePurpose.XMP_METADATA)
    read: DocumentMetadata = meta_from_xmp(parse_xmp(io.BytesIO(content)))
    return read


def _require_same(before: DocumentMetadata, after: DocumentMetadata) -> None:
    for name in ("title", "author", "subject", "keywords", "creator", "created"):
        if getattr(before, name) != getattr(after, name):
            raise SuspiciousModification(f"the document's {name} was changed")


# pyHanko's default, less its tolerance for new titles.
DIFFERENCES = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),  # type: ignore[no-untyped-call]
        SameInfo().as_qualified(ModificationLevel.LTA_UPDATES),
        SameXmp().as_qualified(  # type: ignore[no-untyped-call]
            ModificationLevel.LTA_UPDATES
        ),
        XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES),
    ],
    form_rule=FormUpdatingRule(
        [
            SigFieldCreationRule(),  # type: ignore[no-untyped-call]
            SigFieldModificationRule(),
            GenericFieldModificationRule(),
        ]
    ),
)


def validation_spec(reader: PdfFileReader, trust: Trust) -> PdfSignatureValidationSpec:
    """How to judge the signatures of `reader`."""
    certificates = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=asn1_roots(trust)),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
    )
    gathering = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    knowledge = LocalKnowledge(
        known_crls=[CRLContainer(found) for found in asn1_lists(trust)],
        known_poes=[] if any(reader.embedded_timestamp_signatures) else list(_issued(reader)),
    )
    rules = SignatureValidationSpec(certificates, gathering, local_knowledge=knowledge)
    return PdfSignatureValidationSpec(rules, DIFFERENCES)


def asn1_roots(trust: Trust) -> list[x509.Certificate]:
    """The trusted roots, for pyHanko."""
    return [x509.Certificate.load(der) for der in trust.roots]


def asn1_lists(trust: Trust) -> list[crl.CertificateList]:
    """The revocation lists in force, for pyHanko."""
    return [crl.CertificateList.load(der) for der in trust.revocation_lists]


def _issued(reader: PdfFileReader) -> Iterator[KnownPOE]:
    """Before the seal no document timestamp proves since when the embedded certificates and lists
    exist. Whoever is trusted to issue them is trusted on their date."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return
    for certificate in store.load_certs():
        yield _proof(certificate.dump(), certificate.not_valid_before)
    for reference in store.crls:
        der = reference.get_object().data
        issued = crl.CertificateList.load(der)["tbs_cert_list"]["this_update"].native
        yield _proof(der, issued)


def _proof(content: bytes, since: datetime) -> KnownPOE:
    return KnownPOE(POEType.PROVIDED, digest_for_poe(content), since.astimezone(UTC))
