"""pyHanko's judgement of each signature, and what it makes of the file as a whole.

AdES long-term validation (ETSI EN 319 102-1, 5.6.3), revocation data required, nothing fetched.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from asn1crypto.parser import parse
from pyhanko.pdf_utils.misc import PdfDecodeLimitError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import FieldMDPAction, enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature, async_validate_pdf_timestamp
from pyhanko.sign.validation.ades import AdESLTAValidationResult, ades_lta_validation
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from app.core.clock import now
from app.core.verification.policy import DIFFERENCES, asn1_lists, asn1_roots, validation_spec
from app.core.verification.reading import DEFAULT_LIMITS, Limits, Unreadable, open_pdf
from app.core.verification.report import CertificateFacts, Changes, Report, SignatureReport, Status
from app.core.verification.trust import Trust

# The report says what is wrong; pyHanko's traces of strangers' files would drown the journal.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

_CHANGES: dict[ModificationLevel, Changes] = {
    ModificationLevel.NONE: "none",
    ModificationLevel.LTA_UPDATES: "archiving",
    ModificationLevel.FORM_FILLING: "form_filling",
}
_UNKNOWN_ISSUER = "no_certificate_chain_found"


def examine(
    pdf: bytes, trust: Trust, limits: Limits = DEFAULT_LIMITS, *, at: datetime | None = None
) -> Report:
    """What `pdf` is worth at `at` (aware; now by default); never raises for what `pdf` holds."""
    try:
        reader = open_pdf(pdf, limits)
        return asyncio.run(_examine(reader, trust, at or now()))
    except Unreadable as fault:
        return Report("unreadable", fault.reason)
    except (PdfDecodeLimitError, MemoryError):
        return Report("unreadable", "too_complex")
    except Exception:
        # A hostile file can make the parsers fail anyhow; all of it means the same to the reader.
        return Report("unreadable", "damaged")


async def _examine(reader: PdfFileReader, trust: Trust, at: datetime) -> Report:
    signatures = list(reader.embedded_regular_signatures)
    unsigned = tuple(name for name, value, _ in enumerate_sig_fields(reader) if value is None)
    if not signatures:
        return Report("unsigned", unsigned_fields=unsigned)
    spec = validation_spec(reader, trust)
    reports = tuple([await _judge(found, spec, at) for found in signatures])
    archived_at, sound = await _archive(reader, trust)
    sound = sound and _ends_well(reader, reports[-1])
    return Report(_status(reports, sound=sound), None, reports, unsigned, archived_at)


async def _judge(
    signature: EmbeddedPdfSignature, spec: PdfSignatureValidationSpec, at: datetime
) -> SignatureReport:
    signature.compute_integrity_info(DIFFERENCES)  # type: ignore[no-untyped-call]
    timing = ValidationTimingInfo(at, at, point_in_time_validation=True)
    outcome = await ades_lta_validation(signature, spec, timing)
    changes, changed_fields = _changes(signature)
    subject = signature.signer_cert.subject.native
    return SignatureReport(
        field=signature.field_name,
        signer=subject.get("common_name", ""),
        organisation=subject.get("organization_name", ""),
        claimed_at=signature.self_reported_timestamp,
        timestamped_at=_timestamp(outcome),
        verdict=outcome.ades_subindic.standard_name.lower(),
        covers_revision=_covers_revision(signature),
        changes=changes,
        changed_fields=changed_fields,
        closes=_closes(signature),
        tampered=_is_tampered(signature, outcome, changes),
        certificate=_certificate(signature),
    )


def _certificate(signature: EmbeddedPdfSignature) -> CertificateFacts:
    found = signature.signer_cert
    return CertificateFacts(
        issuer=found.issuer.native.get("common_name", ""),
        serial=str(found.serial_number),
        sha256=found.sha256.hex(),
    )


def _changes(signature: EmbeddedPdfSignature) -> tuple[Changes, tuple[str, ...]]:
    found: object = signature.diff_result
    if not isinstance(found, DiffResult):
        return "other", ()
    level = _CHANGES.get(found.modification_level, "other")
    return level, tuple(sorted(found.changed_form_fields))


def _closes(signature: EmbeddedPdfSignature) -> bool:
    lock = signature.fieldmdp
    return lock is not None and lock.action == FieldMDPAction.ALL


def _timestamp(outcome: AdESLTAValidationResult) -> datetime | None:
    status = outcome.api_status
    if status is None or status.timestamp_validity is None:
        return None
    found: datetime = status.timestamp_validity.timestamp
    return found


def _is_tampered(
    signature: EmbeddedPdfSignature, outcome: AdESLTAValidationResult, changes: Changes
) -> bool:
    return (
        isinstance(outcome.ades_subindic, AdESFailure)
        or changes == "other"
        or not signature.summarise_integrity_info()["docmdp_ok"]
        or not _covers_revision(signature)
        or _has_stuffing(signature)
    )


def _covers_revision(signature: EmbeddedPdfSignature) -> bool:
    covered = signature.evaluate_signature_coverage()
    return covered.value >= SignatureCoverageLevel.ENTIRE_REVISION.value


def _has_stuffing(signature: EmbeddedPdfSignature) -> bool:
    """Whether the hole left for the signature, which it cannot cover, hides more than zeros."""
    _, _, _, header, content, trailer = parse(signature.pkcs7_content, strict=False)
    end = len(header) + len(content) + len(trailer)
    return any(signature.pkcs7_content[end:])


async def _archive(reader: PdfFileReader, trust: Trust) -> tuple[datetime | None, bool]:
    """The last document timestamp, and whether all of them hold."""
    archived_at, sound = None, True
    for stamp in reader.embedded_timestamp_signatures:
        context = ValidationContext(trust_roots=asn1_roots(trust), crls=asn1_lists(trust))
        status = await async_validate_pdf_timestamp(stamp, context)
        archived_at = status.timestamp
        sound = sound and status.intact and status.valid
        sound = sound and _covers_revision(stamp) and not _has_stuffing(stamp)
    return archived_at, sound


def _ends_well(reader: PdfFileReader, last: SignatureReport) -> bool:
    """Whether nothing but archiving follows the last business signature, and no stray bytes.

    The first signature certifies and tolerates further ones even after the seal: the last one is
    what closes the document.
    """
    newest = reader.embedded_signatures[-1]
    reader.stream.seek(newest.byte_range[2] + newest.byte_range[3])
    tail = reader.stream.read()
    revisions_after = reader.total_revisions - 1 - newest.signed_revision
    is_clean = tail.count(b"%%EOF") == revisions_after and tail.rstrip()[-5:] in (b"", b"%%EOF")
    return last.changes in ("none", "archiving") and is_clean


def _status(reports: Sequence[SignatureReport], *, sound: bool) -> Status:
    verdicts = {report.verdict for report in reports}
    if not sound or any(report.tampered for report in reports):
        return "altered"
    if verdicts == {"ok"}:
        return "intact"
    return "foreign" if _UNKNOWN_ISSUER in verdicts else "indeterminate"


def embedded_json(pdf: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes | None:
    """The JSON document carried by `pdf`, or None; raises Unreadable."""
    root = open_pdf(pdf, limits).root
    if "/AF" not in root:
        return None
    for specification in root["/AF"]:
        stream = specification.get_object()["/EF"]["/F"]
        if stream.get("/Subtype") == "/application/json":
            content: bytes = stream.data
            return content
    return None
