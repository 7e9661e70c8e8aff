"""Members who join, change, leave, come back, are forgotten: and the register that stays whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.audit import AuditEvent
from app.core.clock import now, today
from app.core.db import db, new_id, tenant_context
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, Forbidden
from app.reciprocity.commands import accounts
from app.reciprocity.commands.exchanges import thank
from app.reciprocity.commands.ledger import call, operator_of
from app.reciprocity.commands.members import (
    ERASED,
    ERASED_OFFER,
    MemberSheet,
    erase_member,
    join_member,
    leave_member,
    return_member,
    update_member,
)
from app.reciprocity.commands.verifying import check_register
from app.reciprocity.models import Account, Entry, Member, MemberLink, Offer
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.accounts import get_account, get_system_account, name_operators
from app.reciprocity.queries.exchanges import find_note
from app.reciprocity.queries.members import find_member_of, get_member, list_members
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join, publish

ADDRESS = "bernadette@exemple.fr"


@pytest.fixture
def alice(cast: Cast) -> Iterator[Actor]:
    """Alice at work."""
    actor = cast.actor("alice")
    with tenant_context(actor.tenant_id):
        yield actor


def member_of(account_no: int) -> Member:
    """Whose account it is."""
    found = find_member_of(account_no)
    assert found
    return found


def test_a_name_is_enough(cast: Cast, alice: Actor) -> None:
    member = join_member(alice, MemberSheet("  Bernadette "))
    account = get_account(member.account_no)
    assert (member.name, member.email, account.balance, account.kind) == (
        "Bernadette", None, 0, "member",
    )  # fmt: skip
    with pytest.raises(DomainError, match="Comment s’appelle"):
        join_member(alice, MemberSheet("  "))


def test_sent_twice_one_person(cast: Cast, alice: Actor) -> None:
    key = new_id()
    first = join_member(alice, MemberSheet("Yann"), member_id=key)
    assert join_member(alice, MemberSheet("Yann"), member_id=key) is first
    assert db.session.scalar(sa.select(sa.func.count(Member.id))) == 1
    with pytest.raises(DomainError, match="déjà servi à inscrire Yann"):
        join_member(alice, MemberSheet("Awa"), member_id=key)


def test_an_address_names_whose_it_is_and_a_couple_may_share_it(cast: Cast, alice: Actor) -> None:
    join_member(alice, MemberSheet("Bernadette", email="Bernadette@Exemple.fr "))
    with pytest.raises(DomainError, match="Bernadette a déjà cette adresse"):
        join_member(alice, MemberSheet("Roger", email=ADDRESS))
    roger = join_member(alice, MemberSheet("Roger", email=ADDRESS, shares_email=True))
    with pytest.raises(DomainError, match="Bernadette a déjà cette adresse"):
        update_member(alice, roger.id, MemberSheet("Roger", email=ADDRESS))


def test_a_bulle_of_ours_and_its_terms(cast: Cast, alice: Actor) -> None:
    bulle_id = cast.bulle.id
    generous = accounts.Terms(-6000, 6000, -600, 600, welcome=300)
    accounts.set_terms(alice, bulle_id, generous, "Décidé ensemble")
    member = join_member(alice, MemberSheet("Awa"))
    update_member(alice, member.id, MemberSheet("Awa", bulle_id=bulle_id))
    account = get_account(member.account_no)
    assert (account.bulle_id, account.floor, account.balance) == (bulle_id, -6000, 0)
    accounts.set_limits(alice, account.number, -60, 60, "À sa demande")
    update_member(alice, member.id, MemberSheet("Awa"))
    account = get_account(member.account_no)
    assert (account.bulle_id, account.floor, account.own_limits) == (None, -60, True)
    assert (
        get_account(join_member(alice, MemberSheet("Lucette", bulle_id)).account_no).balance == 300
    )
    with pytest.raises(DomainError, match="ne porte pas cette Bulle"):
        join_member(alice, MemberSheet("Paul", bulle_id=uuid.uuid4()))


def test_the_rules_of_the_organisation_hold_in_bulles_without_rules_of_their_own(
    cast: Cast, alice: Actor
) -> None:
    inside = join_member(alice, MemberSheet("Awa", cast.bulle.id)).account_no
    outside = join_member(alice, MemberSheet("Yann")).account_no
    terms = accounts.Terms(-300, 300, -60, 60, welcome=0)
    assert accounts.set_terms(alice, None, terms, "") == 2
    assert [get_account(n).floor for n in (inside, outside)] == [-300, -300]
    accounts.set_terms(alice, cast.bulle.id, replace(terms, floor=-600), "")
    assert accounts.set_terms(alice, None, replace(terms, floor=-120), "") == 1
    assert [get_account(n).floor for n in (inside, outside)] == [-600, -120]


def test_a_stale_page_and_a_member_s_own_hand(cast: Cast, alice: Actor) -> None:
    member = join_member(alice, MemberSheet("Awa"))
    itself = MemberActor(alice.tenant_id, "Awa", member_id=member.id, account_no=member.account_no)
    other = MemberActor(alice.tenant_id, "Yann", member_id=new_id(), account_no=99)
    update_member(itself, member.id, MemberSheet("Awa", interests=["le tricot"]), version=1)
    with pytest.raises(StalePage):
        update_member(alice, member.id, MemberSheet("Awa"), version=1)
    with pytest.raises(Forbidden):
        update_member(other, member.id, MemberSheet("Awa"))
    with pytest.raises(Forbidden):
        update_member(itself, member.id, MemberSheet("Awa", bulle_id=cast.bulle.id))
    db.session.rollback()


def test_hours_left_behind_go_to_the_fund_and_come_back_for_a_while(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 90)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        giver, receiver = member_of(a).id, member_of(b).id
        leave_member(alice, giver)
        leave_member(alice, receiver)
        assert [get_account(n).balance for n in (a, b, 1, 2)] == [0, 0, -90, 90]
        assert get_account(a).closed_at
        assert get_member(giver).left_on == today()
        assert leave_member(alice, giver).left_on
        return_member(alice, giver)
        assert [get_account(n).balance for n in (a, 2)] == [90, 0]
        assert get_account(a).closed_at is None
        leave_member(alice, giver)
        assert get_account(2).balance == 90
        return_member(alice, receiver)
        assert [get_account(n).balance for n in (b, 1)] == [-90, 0]
        db.session.commit()


def test_what_the_fund_has_spent_or_what_is_old_does_not_come_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c, *_ = join(cast).values()
    exchange(cast, a, b, 90)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        giver, receiver = member_of(a).id, member_of(b).id
        leave_member(alice, giver)
        leave_member(alice, receiver)
        call(
            "ledger_post_grant", p_id=new_id(), p_credit=c, p_minutes=30, p_rule=None,
            p_decision="Le conseil", p_on=today(), p_operator=operator_of(alice),
        )  # fmt: skip
        return_member(alice, giver)
        assert [get_account(a).balance, get_system_account("fund").balance] == [0, 60]
        later = now() + timedelta(hours=73)
        monkeypatch.setattr("app.reciprocity.queries.members.now", lambda: later)
        return_member(alice, receiver)
        assert get_account(b).balance == 0


def test_a_request_that_waits_is_withdrawn_by_a_departure(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        for expires_at in (now() + timedelta(days=1), now() - timedelta(days=1)):
            call(
                "ledger_place_hold", p_id=new_id(), p_debit=b, p_credit=a, p_minutes=60,
                p_on=today(), p_wording="", p_expires=expires_at, p_operator=operator_of(alice),
            )  # fmt: skip
        leave_member(alice, member_of(b).id)
        assert get_account(b).held == 0
        assert get_account(b).closed_at


def test_someone_forgotten_leaves_a_number_and_a_register_that_replays(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    given = exchange(cast, a, b, 90, wording="Cuisine chez Bernadette")
    kept = exchange(cast, b, a, 30, wording="Courses")
    offer_id = publish(cast, a, "Cours de couture")
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        member = member_of(a)
        update_member(
            alice,
            member.id,
            MemberSheet("Bernadette", email=ADDRESS, phone="06", interests=["coudre"]),
        )
        itself = MemberActor(alice.tenant_id, "Bernadette", member_id=member.id, account_no=a)
        number = operator_of(itself)
        thank(itself, kept, "Merci Yann !")
        db.session.add(MemberLink(member_id=member.id))
        db.session.commit()
        lines, head = lines_of(a), get_account(b).head
        erase_member(alice, member.id)
        db.session.commit()
        db.session.expire_all()
        assert lines_of(a)[: len(lines)] == lines
        assert get_account(b).head == head
        check = check_register()
        assert check
        assert check.faults == []
        member = get_member(member.id)
        assert (member.name, member.email, member.email_digest, member.phone) == (
            ERASED, None, None, None,
        )  # fmt: skip
        assert (member.interests, member.search_key) == ([], "membre efface")
        for transfer_id in (given, kept):
            note = find_note(transfer_id)
            assert note
            assert (note.wording, note.thanks) == ("", "")
        offer = db.session.get_one(Offer, (alice.tenant_id, offer_id))
        assert (offer.title, offer.text, offer.search_key, offer.is_open) == (
            ERASED_OFFER, "", "", False,
        )  # fmt: skip
        assert db.session.scalars(sa.select(MemberLink)).one().revoked_at
        assert name_operators([number]) == {number: ERASED}
        assert db.session.scalar(sa.select(sa.func.sum(Account.balance))) == 0
        assert erase_member(alice, member.id).erased_at
        for refused in (return_member, lambda who, key: update_member(who, key, MemberSheet("B"))):
            with pytest.raises(DomainError, match="a été effacée"):
                refused(alice, member.id)
        listed = db.session.scalars(list_members(left=True)).all()
        assert listed == []


def test_only_administrators_see_people_out(cast: Cast) -> None:
    account_no = join(cast, "Bernadette")["Bernadette"]
    bob = cast.actor("bob")
    with tenant_context(bob.tenant_id):
        member_id = member_of(account_no).id
        for act in (leave_member, return_member, erase_member):
            with pytest.raises(Forbidden):
                act(bob, member_id)
        describe = Actor(bob.tenant_id, "Carole", roles=frozenset({"reader"}))
        with pytest.raises(Forbidden):
            join_member(describe, MemberSheet("Awa"))


def test_the_journal_says_who_acted_for_whom(cast: Cast, alice: Actor) -> None:
    member = join_member(alice, MemberSheet("Bernadette"))
    db.session.flush()
    events = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.subject_id == member.id)
    ).all()
    assert [(e.actor_name, e.sentence, e.subject_label) for e in events] == [
        ("Alice Morel", "a inscrit", "Bernadette")
    ]


def lines_of(account_no: int) -> list[tuple[int, int, int, uuid.UUID]]:
    """The lines of an account: rank, change, balance after, transfer."""
    rows = db.session.execute(
        sa.select(Entry.version, Entry.delta, Entry.balance_after, Entry.transfer_id)
        .where(Entry.account_no == account_no)
        .order_by(Entry.version)
    )
    return [(rank, delta, after, transfer) for rank, delta, after, transfer in rows]
