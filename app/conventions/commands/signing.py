"""Signing: the frozen document, personal links, codes, consents, refusals."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from app.conventions import emails, policies
from app.conventions.commands.life import take
from app.conventions.commands.proposing import refuse_round, tell_partners
from app.conventions.documents import render_convention
from app.conventions.models import (
    TRANSITIONS,
    Convention,
    EvidenceEvent,
    ReceivedConvention,
    Round,
    Signatory,
    SignatoryAct,
    SigningCode,
    SigningLink,
)
from app.conventions.models.signing import CONSENT_VERSION, CONSENTS
from app.conventions.queries import (
    count_codes,
    find_code,
    find_live_link,
    get_convention,
    get_link,
    get_locked_by_round,
    get_received,
    get_round,
    has_opening,
)
from app.core import services
from app.core.audit import record
from app.core.clock import now
from app.core.crypto import digest, normalise_email
from app.core.db import db
from app.core.deliveries import deliver, get_letter
from app.core.errors import DomainError
from app.core.jobs import later
from app.core.pages import public_url
from app.core.permissions import Actor, authorize
from app.tenants.queries import get_person

CODES_AN_HOUR = 5
LINK_REQUEST = "conventions.link_request"


class LinkRefused(DomainError):
    """The link is not, or no longer, the way to sign."""


@dataclass(frozen=True)
class Origin:
    """Where an act came from: the browser's address and name, kept as evidence."""

    address: str
    user_agent: str


@dataclass(frozen=True)
class Signing:
    """What a personal link opens. `turn` says whether it is this person's turn to sign."""

    convention: Convention
    round: Round
    signatory: Signatory
    link: SigningLink
    act: SignatoryAct | None
    awaited: Signatory | None

    @property
    def turn(self) -> bool:
        """Whether it is this person's turn."""
        return self.awaited is not None and self.awaited.id == self.signatory.id

    @property
    def party_name(self) -> str:
        """Whom the person signs for."""
        return self.convention.party_of(self.signatory).name

    @property
    def consent(self) -> str:
        """What the person agrees to, in the current version."""
        return CONSENTS[CONSENT_VERSION].format(
            number=self.convention.number, party=self.party_name
        )

    @property
    def actor(self) -> Actor:
        """The person, as the journal names them."""
        return Actor(self.convention.tenant_id, self.signatory.name)


def freeze_document(round_id: uuid.UUID) -> None:
    """Render the document of an approved round and keep its bytes: nothing else will be signed."""
    round_ = get_locked_by_round(round_id).round
    if round_ is None or round_.id != round_id or round_.frozen_at or round_.voided_at:
        return
    frozen_at = now().replace(microsecond=0)
    rendered = render_convention(round_, frozen_at, verify_url(round_))
    services.storage().put(rendered.content)
    round_.frozen_at, round_.frozen_sha256 = frozen_at, rendered.sha256
    round_.pages = rendered.pages


def verify_url(round_: Round) -> str:
    """The address of the QR code, printed before the document is signed."""
    return public_url("verification.show", code=round_.code)


def open_signing(actor: Actor, convention_id: uuid.UUID) -> Convention:
    """Open the signatures: the first signatory receives a personal link."""
    convention = get_convention(convention_id, lock=True)
    authorize(policies.can_take(actor, TRANSITIONS["open_signing"]))
    take(actor, convention, "open_signing")
    convention.open_round.opened_at = now()
    tell_partners(convention)
    _invite_next(convention)
    return convention


def resend_link(actor: Actor, convention_id: uuid.UUID) -> Convention:
    """Send a new link to whoever has to sign now; the previous one stops working."""
    convention = get_convention(convention_id, lock=True)
    authorize(policies.can_prepare(actor))
    _require_signing(convention)
    _invite_next(convention)
    return convention


def request_link(actor: Actor, received_id: uuid.UUID) -> ReceivedConvention:
    """As a party, ask the proposer to send our signatory's link again."""
    received = get_received(received_id, lock=True)
    authorize(policies.can_answer(actor))
    deliver(
        received.origin_id, LINK_REQUEST, received.convention_id, {"by": actor.name},
        version=received.round_number,
    )  # fmt: skip
    return received


def receive_link_request(delivery_id: uuid.UUID) -> None:
    """In the proposer's space: send the link again, if it is a signatory of that party's turn."""
    letter = get_letter(delivery_id)
    convention = get_convention(letter.subject_id, lock=True)
    if not (convention.round and convention.round.is_signing):
        return
    awaited = awaited_signatory(convention)
    mine = {p.id for p in convention.parties if p.party_tenant_id == letter.sender_id}
    if awaited and awaited.party_id in mine:
        _invite_next(convention)


def open_own_link(actor: Actor, convention_id: uuid.UUID) -> SigningLink:
    """A member whose turn it is to sign opens their link from the workspace, without waiting for the mail.
    The code still goes to their address."""
    convention = get_convention(convention_id, lock=True)
    _require_signing(convention)
    awaited = awaited_signatory(convention)
    authorize(awaited is not None and is_this_person(actor, awaited))
    assert awaited is not None  # noqa: S101 authorize() just said so
    link = find_live_link(convention.open_round.id, awaited.id)
    return link if link and link.expires_at > now() else _new_link(convention, awaited)


def is_this_person(actor: Actor, signatory: Signatory) -> bool:
    """Whether the signed-in person is the signatory, by e-mail address."""
    if actor.user_id is None:
        return False
    mine = digest(normalise_email(get_person(actor.user_id).email))
    return mine == digest(normalise_email(signatory.email))


def open_link(link_id: uuid.UUID, token: str, origin: Origin, *, lock: bool = False) -> Signing:
    """What a personal link opens, or LinkRefused with what to do. Each browser's opening is evidence."""
    link = get_link(link_id)
    if not link.opens_with(token):
        raise LinkRefused("Ce lien est incomplet. Ouvrez-le depuis l’e-mail que vous avez reçu.")
    round_ = get_round(link.round_id)
    convention = get_convention(round_.convention_id, lock=lock)
    signatory = next((s for s in convention.signatories if s.id == link.signatory_id), None)
    if round_.voided_at or signatory is None:
        raise LinkRefused(
            "Le texte a changé depuis : cette signature n’est plus demandée."
            " Vous recevrez un nouveau lien si besoin."
        )
    act = round_.act_of(signatory.id)
    if act is None and (link.revoked_at or link.expires_at < now()):
        raise LinkRefused(
            "Ce lien ne marche plus. Un plus récent est peut-être dans votre boîte aux lettres."
            f" Sinon, demandez-en un autre à {convention.prepared_by}."
        )
    signing = Signing(convention, round_, signatory, link, act, awaited_signatory(convention))
    if not has_opening(round_.id, signatory.id, origin.address, origin.user_agent[:300]):
        _note(signing, "opened", origin)
    return signing


def send_code(link_id: uuid.UUID, token: str, origin: Origin) -> Signing:
    """Send a code to the signatory's address, a few times an hour at most."""
    signing = open_link(link_id, token, origin, lock=True)
    _require_turn(signing)
    if count_codes(signing.link.id, now() - timedelta(hours=1)) >= CODES_AN_HOUR:
        raise DomainError(
            "Vous avez demandé beaucoup de codes. Attendez une heure, puis recommencez."
        )
    code = SigningCode(link_id=signing.link.id)
    db.session.add(code)
    db.session.flush()
    emails.send_code(signing.convention, signing.signatory, code)
    _note(signing, "code_sent", origin, to=signing.signatory.masked_email)
    return signing


def sign(
    link_id: uuid.UUID, token: str, typed_code: str, consents: bool, origin: Origin
) -> tuple[Signing, str]:
    """Sign: the right code, the consent, the person's turn. Return what stands in the way ("" once signed).

    A wrong code returns instead of raising: the try is counted, so it has to be committed.
    Signing again once signed changes nothing.
    """
    signing = open_link(link_id, token, origin, lock=True)
    if signing.act:
        return signing, ""
    _require_turn(signing)
    if not consents:
        return signing, "Cochez la case : sans votre accord, il n’y a pas de signature."
    if fault := _try_code(signing, typed_code, origin):
        return signing, fault
    _act(signing, "signed", origin, consent_version=CONSENT_VERSION, consent_text=signing.consent)
    convention = signing.convention
    convention.changed_at = now()
    record(signing.actor, "convention.signed", convention, round=signing.round.number)
    later("conventions.advance_sealing", round_id=signing.round.id)
    _invite_next(convention)
    tell_partners(convention)
    return signing, ""


def refuse(link_id: uuid.UUID, token: str, reason: str, origin: Origin) -> Signing:
    """Refuse to sign, with a reason the other parties read; the text becomes a draft again."""
    signing = open_link(link_id, token, origin, lock=True)
    _require_turn(signing)
    if not reason.strip():
        raise DomainError(
            "Dites pourquoi vous ne signez pas : les autres parties liront votre réponse."
        )
    _act(signing, "refused", origin, reason=reason.strip())
    refuse_round(signing.actor, signing.convention, reason.strip())
    emails.announce_refusal(signing.convention, signing.signatory.name, reason.strip())
    return signing


def _try_code(signing: Signing, typed: str, origin: Origin) -> str:
    code = find_code(signing.link.id, lock=True)
    if code is None:
        return "Demandez d’abord un code : il arrive par e-mail."
    if not code.is_live:
        return "Ce code a expiré, ou il a été essayé trop de fois. Demandez-en un autre."
    if not code.accepts(typed):
        code.attempts += 1
        _note(signing, "code_mistaken", origin)
        return "Ce n’est pas le bon code. Regardez le dernier e-mail reçu."
    code.used_at = now()
    _note(signing, "code_confirmed", origin)
    return ""


def _act(signing: Signing, kind: str, origin: Origin, **facts: object) -> None:
    act = SignatoryAct(
        round_id=signing.round.id,
        signatory_id=signing.signatory.id,
        kind=kind,
        signer_name=signing.signatory.name,
        signer_title=signing.signatory.title,
        party_name=signing.party_name,
        document_sha256=signing.round.frozen_sha256 or "",
        **facts,
    )
    signing.convention.open_round.acts.append(act)
    _note(signing, kind, origin)


def _note(signing: Signing, kind: str, origin: Origin, **details: object) -> None:
    db.session.add(
        EvidenceEvent(
            round_id=signing.round.id,
            signatory_id=signing.signatory.id,
            kind=kind,
            address=origin.address,
            user_agent=origin.user_agent[:300],
            details=details,
        )
    )


def _invite_next(convention: Convention) -> None:
    if awaited := awaited_signatory(convention):
        link = _new_link(convention, awaited)
        emails.send_link(convention, awaited, link)
        record(None, "convention.link_sent", convention, to=awaited.name)


def _new_link(convention: Convention, signatory: Signatory) -> SigningLink:
    round_ = convention.open_round
    if previous := find_live_link(round_.id, signatory.id):
        previous.revoked_at = now()
        db.session.flush()
    link = SigningLink(round_id=round_.id, signatory_id=signatory.id)
    db.session.add(link)
    db.session.add(
        EvidenceEvent(
            round_id=round_.id,
            signatory_id=signatory.id,
            kind="link_sent",
            details={"to": signatory.masked_email},
        )
    )
    db.session.flush()
    return link


def awaited_signatory(convention: Convention) -> Signatory | None:
    """Who has to sign now: the order of the parties is held here, whatever links are out."""
    round_ = convention.round
    if round_ is None or not round_.is_signing:
        return None
    done = {act.signatory_id for act in round_.acts}
    return next((s for s in convention.signatories if s.id not in done), None)


def _require_signing(convention: Convention) -> None:
    if not (convention.round and convention.round.is_signing):
        raise DomainError(f"La convention est « {convention.state_label} » : rien à signer.")


def _require_turn(signing: Signing) -> None:
    if signing.act:
        raise DomainError("Vous avez déjà répondu. Rien de plus à faire.")
    if signing.awaited is None:
        raise DomainError("Cette convention n’attend pas de signature.")
    if not signing.turn:
        raise DomainError(
            f"C’est d’abord à {signing.awaited.name} de signer. Vous recevrez un e-mail à votre tour."
        )
