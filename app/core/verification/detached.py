"""The seal of bytes that are not a PDF: a detached CMS signature of ours, with its timestamp."""

from __future__ import annotations

import asyncio
from datetime import datetime

from asn1crypto import cms
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms, extract_tst_data_iter
from pyhanko_certvalidator import ValidationContext

from app.core.verification.policy import asn1_lists, asn1_roots
from app.core.verification.trust import Trust


def examine_detached(content: bytes, signature: bytes, trust: Trust) -> datetime | None:
    """When `signature` (CMS, DER) was made over `content` by someone whom `trust` vouches for, as its
    timestamp says. None when it is not sound, or carries no timestamp; never raises for what it holds."""
    try:
        return asyncio.run(_examine(content, signature, trust))
    except (ValueError, TypeError, KeyError, SignatureValidationError):
        return None  # what asn1crypto and pyHanko raise for bytes that are no CMS signature


async def _examine(content: bytes, signature: bytes, trust: Trust) -> datetime | None:
    signed = cms.ContentInfo.load(signature)["content"]
    stamp = next(extract_tst_data_iter(extract_signer_info(signed), signed=False), None)
    if stamp is None:
        return None
    stamped_at: datetime = stamp["encap_content_info"]["content"].parsed["gen_time"].native
    # Judged as of its timestamp: a seal stays good after the certificates that made it have run out.
    context = ValidationContext(
        trust_roots=asn1_roots(trust), crls=asn1_lists(trust), moment=stamped_at
    )
    status = await async_validate_detached_cms(content, signed, context)
    return stamped_at if status.bottom_line else None
