"""The main job, from a standard agreement to a sealed PDF, through the commands and the jobs."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.conventions import commands
from app.conventions.models import ReceivedConvention, SealedDocument, State
from app.conventions.queries import list_seal_steps
from app.core import services
from app.core.db import db
from app.core.deliveries import Delivery
from app.core.errors import DomainError, ServiceUnavailable
from app.core.jobs import OutboxRow
from app.core.verification import Trust, embedded_json, examine
from tests.factories import conventions as make
from tests.factories.cast import Cast
from tests.factories.work import do_work, failures
from tests.verapdf import PDF_A, PDF_UA, verapdf


def test_a_convention_is_proposed_approved_signed_and_sealed(cast: Cast):
    convention_id = make.sealed(cast)
    assert failures() == []
    convention = make.look(cast, convention_id)
    assert convention.state == State.IN_FORCE
    assert [s.transition for s in convention.steps] == [
        "propose", "approve", "open_signing", "activate",
    ]  # fmt: skip
    content = services.storage().get(convention.round.sealed_sha256)
    report = examine(content, Trust.of(services.authority()))
    assert report.sealed
    assert [s.signer for s in report.signatures[:-1]] == [
        "Olga Renaud", "Alice Morel", "Denis Vasseur",
    ]  # fmt: skip
    assert {s.verdict for s in report.signatures} == {"ok"}
    assert b"Un appartement" in (embedded_json(content) or b"")


@pytest.mark.slow
def test_the_sealed_document_is_archivable_and_accessible(cast: Cast):
    convention = make.look(cast, make.sealed(cast))
    for digest in (convention.round.sealed_sha256, convention.round.evidence_sha256):
        content = services.storage().get(digest)
        assert verapdf(content, PDF_A, PDF_UA) == []


def test_parties_know_the_end_of_it_in_their_own_space(cast: Cast):
    make.sealed(cast)
    for who in ("olga", "denis"):
        with make.acting(cast, who):
            received = db.session.scalars(sa.select(ReceivedConvention)).one()
            assert received.state == State.IN_FORCE
            assert received.sealed_sha256


def test_the_register_of_sealed_documents_knows_it(cast: Cast):
    convention = make.look(cast, make.sealed(cast))
    sealed = db.session.get_one(SealedDocument, convention.round.code)
    assert sealed.facts["parties"] == [p.name for p in convention.parties]
    assert len(sealed.facts["signatories"]) == 3


def test_what_is_missing_is_named_and_nothing_is_proposed(cast: Cast):
    entry = make.publish_type(cast)
    with make.acting(cast, "alice") as alice:
        convention_id = commands.prepare_convention(alice, entry, "Vide", None).id
    with make.acting(cast, "alice") as alice:
        with pytest.raises(DomainError) as refusal:
            commands.propose_convention(alice, convention_id)
        db.session.rollback()
    assert "« Combien ? » n’est pas rempli" in refusal.value.message
    assert "les dates de début et de fin manquent" in refusal.value.message
    assert "Une note" not in refusal.value.message
    assert make.look(cast, convention_id).state == State.DRAFT


def test_a_party_that_asks_for_a_change_gives_the_draft_back(cast: Cast):
    convention_id = make.prepare(cast)
    make.propose(cast, convention_id)
    wanted = make.received_id(cast, "denis")
    with make.acting(cast, "denis") as denis:
        commands.answer_proposal(denis, wanted, "change", "Préciser les horaires")
    do_work()
    convention = make.look(cast, convention_id)
    assert convention.state == State.DRAFT
    assert convention.steps[-1].reason == "Préciser les horaires"
    assert convention.round.voided_at


def test_a_second_proposal_is_a_new_round_that_the_parties_answer_anew(cast: Cast):
    convention_id = make.prepare(cast)
    make.propose(cast, convention_id)
    with make.acting(cast, "alice") as alice:
        commands.withdraw_proposal(alice, convention_id)
    do_work()
    make.propose(cast, convention_id)
    assert make.look(cast, convention_id).round.number == 2
    make.agree(cast, "olga", "denis")
    assert make.look(cast, convention_id).state == State.APPROVED


def test_an_answer_to_an_older_text_changes_nothing(cast: Cast):
    convention_id = make.prepare(cast)
    make.propose(cast, convention_id)
    wanted = make.received_id(cast, "denis")
    with make.acting(cast, "denis") as denis:
        commands.answer_proposal(denis, wanted, "change", "Trop tard")
    with make.acting(cast, "alice") as alice:
        commands.withdraw_proposal(alice, convention_id)
        db.session.flush()
        commands.propose_convention(alice, convention_id)
    do_work()
    convention = make.look(cast, convention_id)
    assert convention.state == State.PROPOSED
    assert convention.round.number == 2


def test_signing_out_of_turn_is_refused_whatever_link_is_out(cast: Cast):
    convention_id = make.in_signature(cast)
    with make.acting(cast, "alice"):
        convention = make.get_convention(convention_id)
        last = convention.signatories[-1]
        link = commands.signing._new_link(convention, last)
        link_id, token = link.id, link.token
    with make.acting(cast, "alice"), pytest.raises(DomainError, match="d’abord à Olga Renaud"):
        commands.send_code(link_id, token, make.ORIGIN)


def test_a_wrong_code_is_counted_and_five_end_it(cast: Cast):
    convention_id = make.in_signature(cast)
    link_id, token = make.link_of(cast, convention_id, "Olga Renaud")
    with make.acting(cast, "alice"):
        commands.send_code(link_id, token, make.ORIGIN)
    with make.acting(cast, "alice"):
        good = make.find_code(link_id).code
    wrong = f"{(int(good) + 1) % 1_000_000:06d}"
    for _ in range(5):
        with make.acting(cast, "alice"):
            fault = commands.sign(link_id, token, wrong, True, make.ORIGIN)[1]
        assert fault.startswith("Ce n’est pas le bon code")
    with make.acting(cast, "alice"):
        fault = commands.sign(link_id, token, good, True, make.ORIGIN)[1]
    assert fault.startswith("Ce code a expiré")
    assert make.look(cast, convention_id).round.acts == []


def test_without_consent_nothing_is_signed(cast: Cast):
    convention_id = make.in_signature(cast)
    link_id, token = make.link_of(cast, convention_id, "Olga Renaud")
    with make.acting(cast, "alice"):
        commands.send_code(link_id, token, make.ORIGIN)
    with make.acting(cast, "alice"):
        code = make.find_code(link_id).code
        fault = commands.sign(link_id, token, code, False, make.ORIGIN)[1]
    assert "Cochez la case" in fault
    assert make.look(cast, convention_id).round.acts == []


def test_signing_twice_signs_once(cast: Cast):
    convention_id = make.in_signature(cast)
    link_id, token = make.link_of(cast, convention_id, "Olga Renaud")
    assert make.sign_as(cast, convention_id, "Olga Renaud") == ""
    with make.acting(cast, "alice"):
        assert commands.sign(link_id, token, "000000", True, make.ORIGIN)[1] == ""
    assert len(make.look(cast, convention_id).round.acts) == 1


def test_a_forged_link_opens_nothing(cast: Cast):
    convention_id = make.in_signature(cast)
    link_id, _ = make.link_of(cast, convention_id, "Olga Renaud")
    with make.acting(cast, "alice"), pytest.raises(commands.LinkRefused):
        commands.open_link(link_id, "x" * 32, make.ORIGIN)


def test_a_resent_link_ends_the_previous_one(cast: Cast):
    convention_id = make.in_signature(cast)
    old = make.link_of(cast, convention_id, "Olga Renaud")
    with make.acting(cast, "alice") as alice:
        commands.resend_link(alice, convention_id)
    assert make.link_of(cast, convention_id, "Olga Renaud") != old
    with make.acting(cast, "alice"), pytest.raises(commands.LinkRefused, match="ne marche plus"):
        commands.open_link(*old, make.ORIGIN)


def test_a_refusal_needs_a_reason_and_ends_the_round(cast: Cast):
    convention_id = make.in_signature(cast)
    link_id, token = make.link_of(cast, convention_id, "Olga Renaud")
    with make.acting(cast, "alice"), pytest.raises(DomainError, match="Dites pourquoi"):
        commands.refuse(link_id, token, "  ", make.ORIGIN)
    with make.acting(cast, "alice"):
        commands.refuse(link_id, token, "Le montant est faux", make.ORIGIN)
    convention = make.look(cast, convention_id)
    assert convention.state == State.DRAFT
    assert "Le montant est faux" in convention.round.void_reason


def test_an_edit_after_a_signature_voids_the_round_in_one_act(cast: Cast):
    convention_id = make.in_signature(cast)
    make.sign_as(cast, convention_id, "Olga Renaud")
    link = make.link_of(cast, convention_id, "Alice Morel")
    with make.acting(cast, "alice") as alice:
        commands.reopen_convention(alice, convention_id, "Corriger une date")
    assert make.look(cast, convention_id).state == State.DRAFT
    with make.acting(cast, "alice"), pytest.raises(commands.LinkRefused, match="Le texte a changé"):
        commands.open_link(*link, make.ORIGIN)
    assert "conventions.advance_sealing" in do_work()
    assert failures() == []
    assert make.look(cast, convention_id).round.sealed_at is None


def test_a_timestamp_service_that_is_down_makes_the_document_wait(cast: Cast, monkeypatch):
    convention_id = make.signed_by_all(cast)
    service = services.signatures()

    def down(*arguments: object, **options: object) -> bytes:
        raise ServiceUnavailable("timestamp", "no answer")

    monkeypatch.setattr(service, "sign", down)
    do_work()
    convention = make.look(cast, convention_id)
    assert convention.state == State.SIGNING
    assert len(convention.round.acts) == 3
    assert _waiting() == {"timestamp"}
    monkeypatch.undo()
    _make_due()
    do_work()
    assert make.look(cast, convention_id).state == State.IN_FORCE
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SealedDocument)) == 1


def test_a_step_run_again_is_done_once(cast: Cast):
    convention_id = make.sealed(cast)
    round_id = make.look(cast, convention_id).round.id
    with make.acting(cast, "alice"):
        commands.advance_sealing(round_id)
        commands.freeze_document(round_id)
    with make.acting(cast, "alice"):
        steps = list_seal_steps(round_id)
    assert len(steps) == 5


def test_no_letter_is_read_by_a_third_organisation(cast: Cast):
    make.propose(cast, make.prepare(cast))
    with make.acting(cast, "fanny"):
        assert db.session.scalars(sa.select(Delivery)).all() == []


def _waiting() -> set[str]:
    found = db.session.scalars(
        sa.select(OutboxRow.waiting_on).where(OutboxRow.waiting_on.is_not(None))
    ).all()
    db.session.rollback()
    return set(found)


def _make_due() -> None:
    db.session.execute(sa.update(OutboxRow).values(due_at=sa.func.now()))
    db.session.commit()
