"""The signed document, made by the workers one step at a time: each signature, the seal, the evidence.

Every step reads the bytes of the step before, by their sha256, and is written with a unique place in its
round: run twice, killed halfway or raced, a step is done once. A service that is down makes it wait.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from app.conventions import emails
from app.conventions.commands.life import take
from app.conventions.commands.proposing import tell_partners
from app.conventions.commands.signing import verify_url
from app.conventions.documents import SEAL_FIELD, Text, render_evidence, signatories_of
from app.conventions.models import Convention, Round, SealedDocument, SealStep, SignatoryAct
from app.conventions.models.signing import EVIDENCE_LABELS
from app.conventions.queries import (
    get_locked_by_round,
    list_evidence,
    list_rounds_at_work,
    list_seal_steps,
)
from app.core import services
from app.core.clock import now
from app.core.db import db
from app.core.gateways.signature import SignatoryIdentity
from app.core.jobs import later
from app.core.text import instant, join_names
from app.core.verification import Trust, examine

EVIDENCE_STEP = "evidence"
STUCK_AFTER = timedelta(minutes=5)


class DocumentUnsound(Exception):
    """Our own verification refuses what we just signed: nothing is published."""


def advance_sealing(round_id: uuid.UUID) -> None:
    """Do the next step of a round's document, and ask for the one after. Nothing to do: do nothing."""
    convention = get_locked_by_round(round_id)
    round_ = convention.round
    if round_ is None or round_.id != round_id or not round_.is_signing:
        return
    steps = list_seal_steps(round_.id)
    signatories = signatories_of(round_.text)
    signed = {act.signatory_id: act for act in round_.acts if act.kind == "signed"}
    if len(steps) < len(signatories):
        act = signed.get(uuid.UUID(signatories[len(steps)]["id"]))
        if act is None:
            return
        _add_signature(round_, steps, signatories[len(steps)], act)
    elif len(steps) == len(signatories):
        _add_seal(round_, steps)
    else:
        _finish(convention, round_, steps)
        return
    later("conventions.advance_sealing", round_id=round_.id)


def _add_signature(
    round_: Round, steps: list[SealStep], signatory: Text, act: SignatoryAct
) -> None:
    identity = SignatoryIdentity(act.signer_name, act.signer_title, act.party_name)
    signed = services.signatures().sign(
        _bytes(round_, steps),
        field=signatory["field"],
        signatory=identity,
        signed_at=act.at,
        certify=not steps,
    )
    _keep(round_, steps, signatory["field"], signed)


def _add_seal(round_: Round, steps: list[SealStep]) -> None:
    sealed = services.signatures().seal(
        _bytes(round_, steps), field=SEAL_FIELD, sealed_at=now(), verify_url=verify_url(round_)
    )
    _keep(round_, steps, SEAL_FIELD, sealed)


def _bytes(round_: Round, steps: list[SealStep]) -> bytes:
    last = steps[-1].document_sha256 if steps else round_.frozen_sha256
    assert last is not None  # noqa: S101 signatures open only on a frozen document
    return services.storage().get(last)


def _keep(round_: Round, steps: list[SealStep], field: str, content: bytes) -> str:
    sha256 = services.storage().put(content)
    step = SealStep(
        round_id=round_.id, position=len(steps) + 1, field=field, document_sha256=sha256
    )
    db.session.add(step)
    return sha256


def _finish(convention: Convention, round_: Round, steps: list[SealStep]) -> None:
    """Seal the evidence, put the document in the public register, bring the convention into force."""
    document_sha256 = steps[-1].document_sha256
    evidence = _evidence(convention, round_, steps)
    sealed_at = now().replace(microsecond=0)
    rendered = render_evidence(evidence, sealed_at, verify_url(round_))
    evidence_pdf = services.signatures().seal(
        rendered.content, field=SEAL_FIELD, sealed_at=sealed_at, verify_url=verify_url(round_)
    )
    round_.evidence_sha256 = _keep(round_, steps, EVIDENCE_STEP, evidence_pdf)
    round_.sealed_sha256, round_.sealed_at = document_sha256, sealed_at
    _publish(round_, document_sha256)
    take(None, convention, "activate")
    tell_partners(convention)
    emails.send_signed_copies(convention)


def _publish(round_: Round, document_sha256: str) -> None:
    text = round_.text
    acts = {str(act.signatory_id): act for act in round_.acts}
    db.session.add(
        SealedDocument(
            code=round_.code,
            tenant_id=round_.tenant_id,
            document_sha256=document_sha256,
            evidence_sha256=round_.evidence_sha256,
            sealed_at=round_.sealed_at,
            facts={
                "number": text["number"],
                "title": text["title"],
                "starts_on": text["starts_on"],
                "ends_on": text["ends_on"],
                "parties": [party["name"] for party in text["parties"]],
                "signatories": [
                    {
                        "name": s["name"], "title": s["title"], "party": s["party"],
                        "at": acts[s["id"]].at.isoformat(),
                    }
                    for s in signatories_of(text)
                ],
            },
        )
    )  # fmt: skip


def _evidence(convention: Convention, round_: Round, steps: list[SealStep]) -> Text:
    text = round_.text
    events = list_evidence(round_.id)
    certificates = _certificates(services.storage().get(steps[-1].document_sha256))
    acts = {str(act.signatory_id): act for act in round_.acts}
    masked = {str(s.id): s.masked_email for s in convention.signatories}
    return {
        "number": text["number"],
        "title": text["title"],
        "round": round_.number,
        "period": convention.period_label,
        "parties": join_names([party["name"] for party in text["parties"]]),
        "files": _files(round_, steps),
        "signatories": [
            {
                **signatory,
                "email": masked[signatory["id"]],
                "signed_at": acts[signatory["id"]].at.isoformat(),
                "signed_at_shown": instant(acts[signatory["id"]].at),
                "consent_version": acts[signatory["id"]].consent_version,
                "consent_text": acts[signatory["id"]].consent_text,
                "document_sha256": acts[signatory["id"]].document_sha256,
                "certificate": certificates[signatory["field"]],
                "events": [_event(e) for e in events if str(e.signatory_id) == signatory["id"]],
            }
            for signatory in signatories_of(text)
        ],
    }


def _files(round_: Round, steps: list[SealStep]) -> list[dict[str, str]]:
    labels = {s["field"]: f"Après la signature de {s['name']}" for s in signatories_of(round_.text)}
    labels[SEAL_FIELD] = "Document signé et scellé"
    frozen = {"label": "Document présenté à la signature", "sha256": str(round_.frozen_sha256)}
    text = {"label": "Texte de la convention (JSON)", "sha256": round_.text_sha256}
    return [text, frozen] + [{"label": labels[s.field], "sha256": s.document_sha256} for s in steps]


def _event(event: Any) -> dict[str, str]:
    return {
        "kind": event.kind,
        "label": EVIDENCE_LABELS[event.kind],
        "at": event.at.isoformat(timespec="milliseconds"),
        "address": event.address,
        "user_agent": event.user_agent,
    }


def _certificates(pdf: bytes) -> dict[str, dict[str, str]]:
    report = examine(pdf, Trust.of(services.authority()))
    if not report.sealed:
        raise DocumentUnsound(f"sealed document is {report.status}")
    return {
        s.field: {
            "subject": f"{s.signer}, {s.organisation}",
            "issuer": s.certificate.issuer,
            "serial": s.certificate.serial,
            "sha256": s.certificate.sha256,
            "timestamped_at": s.timestamped_at.isoformat() if s.timestamped_at else "",
        }
        for s in report.signatures
    }


def sweep_signatures() -> None:
    """Wake every round that should have advanced: a lost wake-up never leaves a stuck state."""
    for round_ in list_rounds_at_work(now() - STUCK_AFTER):
        if round_.frozen_at is None:
            later("conventions.freeze_document", round_id=round_.id)
        elif _is_behind(round_):
            later("conventions.advance_sealing", round_id=round_.id)


def _is_behind(round_: Round) -> bool:
    """Whether the document owes a step: someone signed and it does not show, or everyone signed."""
    signed = sum(act.kind == "signed" for act in round_.acts)
    everyone = signed == len(signatories_of(round_.text))
    return everyone or signed > len(list_seal_steps(round_.id))
