"""What the context writes to people."""

from __future__ import annotations

import uuid

from app.conventions.models import (
    Convention,
    ReceivedConvention,
    Signatory,
    SigningCode,
    SigningLink,
)
from app.core.db import require_tenant_id
from app.core.mail import compose, post
from app.core.pages import public_url
from app.tenants.queries import get_tenant, list_staff


def send_link(convention: Convention, signatory: Signatory, link: SigningLink) -> None:
    """Their personal link, to the person who has to sign now."""
    post(
        compose(
            signatory.email,
            f"À signer : {convention.title}",
            "signing_link",
            convention=convention,
            signatory=signatory,
            link=link,
            url=public_url("signing.show", slug=_slug(), link_id=link.id, token=link.token),
        )
    )


def send_code(convention: Convention, signatory: Signatory, code: SigningCode) -> None:
    """The code that proves who signs."""
    shown = f"{code.code[:3]} {code.code[3:]}"
    post(
        compose(
            signatory.email,
            f"Votre code pour signer : {shown}",
            "signing_code",
            convention=convention,
            code=shown,
        )
    )


def announce_proposal(received: ReceivedConvention, proposed_by: str) -> None:
    """A proposal arrived: to those who may answer."""
    url = public_url("received.show", slug=_slug(), received_id=received.id)
    _tell_staff(
        f"À lire : {received.title}",
        "proposal",
        received=received,
        proposed_by=proposed_by,
        url=url,
    )


def announce_change(convention: Convention, party: str, comment: str) -> None:
    """A party asks for a change: to those who prepare the convention."""
    _tell_staff(
        f"Changement demandé : {convention.title}",
        "change_asked",
        convention=convention,
        party=party,
        comment=comment,
        url=_address(convention),
    )


def announce_refusal(convention: Convention, name: str, reason: str) -> None:
    """A signatory refused: to those who prepare the convention."""
    _tell_staff(
        f"Refus de signer : {convention.title}",
        "refusal",
        convention=convention,
        name=name,
        reason=reason,
        url=_address(convention),
    )


def tell_voided(convention: Convention, signatory_ids: list[uuid.UUID], reason: str) -> None:
    """Signatures given no longer count: to each person who had signed."""
    for signatory in convention.signatories:
        if signatory.id in signatory_ids:
            post(
                compose(
                    signatory.email,
                    f"Votre signature ne compte plus : {convention.title}",
                    "signature_voided",
                    convention=convention,
                    signatory=signatory,
                    reason=reason,
                )
            )


def send_signed_copies(convention: Convention) -> None:
    """The signed document is ready: to each signatory, with the address where to take and check it."""
    round_ = convention.open_round
    for signatory in convention.signatories:
        post(
            compose(
                signatory.email,
                f"Convention signée : {convention.title}",
                "signed_copy",
                convention=convention,
                signatory=signatory,
                url=public_url("verification.show", code=round_.code),
            )
        )


def _tell_staff(subject: str, template: str, **context: object) -> None:
    for address in list_staff(require_tenant_id()):
        post(compose(address, subject, template, **context))


def _address(convention: Convention) -> str:
    return public_url("conventions.show", slug=_slug(), convention_id=convention.id)


def _slug() -> str:
    return get_tenant(require_tenant_id()).slug
