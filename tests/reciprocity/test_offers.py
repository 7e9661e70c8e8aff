"""Offers and requests: shown, changed, renewed, closed, found; themes of the network."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.audit import AuditEvent
from app.core.clock import today
from app.core.crypto import open_json
from app.core.db import db, new_id, tenant_context
from app.core.errors import DomainError, StalePage
from app.core.jobs import OutboxRow
from app.core.permissions import Actor, Forbidden
from app.reciprocity import jobs
from app.reciprocity.commands.categories import add_category, restore_category, retire_category
from app.reciprocity.commands.members import MemberSheet, leave_member, update_member
from app.reciprocity.commands.offers import (
    OfferSheet,
    close_offer,
    months_after,
    publish_offer,
    renew_offers,
    reopen_offer,
    update_offer,
)
from app.reciprocity.models import Member, Offer, OfferKind
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries import offers as queries
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.members import find_member_of
from app.reciprocity.queries.offers import (
    OfferFilter,
    count_silent_offers,
    get_offer,
    list_ending_offers,
    list_member_offers,
    list_offers,
    propose_people,
)
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import join, publish
from tests.factories.together import PATIENCE, crowd

OFFER, REQUEST = OfferKind.OFFER, OfferKind.REQUEST


@pytest.fixture
def alice(cast: Cast) -> Iterator[Actor]:
    """Alice at work."""
    actor = cast.actor("alice")
    with tenant_context(actor.tenant_id):
        yield actor


@pytest.fixture
def bernadette(cast: Cast) -> int:
    """The account of Bernadette."""
    return join(cast, "Bernadette", "Yann")["Bernadette"]


def member_of(account_no: int) -> Member:
    """Whose account it is."""
    found = find_member_of(account_no)
    assert found
    return found


def sheet(title: str = "Cours de couture", kind: OfferKind = OFFER, **more: object) -> OfferSheet:
    """A notice under the first theme."""
    return OfferSheet(kind, list_categories()[0].id, title, **more)  # type: ignore[arg-type]


def titles(wanted: OfferFilter, sort: str = "titre") -> list[str]:
    """What a list shows."""
    return [offer.title for offer in db.session.scalars(list_offers(wanted, sort))]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 22), 6, date(2027, 5, 22)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 6, 30), 6, date(2026, 12, 30)),
    ],
)
def test_six_months_later(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


def test_a_notice_is_shown_for_six_months_once(bernadette: int, alice: Actor) -> None:
    key, member = new_id(), member_of(bernadette)
    offer = publish_offer(alice, member.id, sheet(), offer_id=key)
    assert publish_offer(alice, member.id, sheet(), offer_id=key) is offer
    assert offer.expires_on == months_after(today(), 6)
    assert titles(OfferFilter()) == ["Cours de couture"]
    with pytest.raises(DomainError, match="déjà servi à publier"):
        publish_offer(alice, member.id, sheet("Autre chose"), offer_id=key)
    with pytest.raises(DomainError, match="Donnez un titre"):
        publish_offer(alice, member.id, sheet("  "))


@pytest.mark.parametrize("days", [-1, 800])
def test_a_last_day_that_makes_no_sense(bernadette: int, alice: Actor, days: int) -> None:
    wrong = sheet(expires_on=today() + timedelta(days=days))
    with pytest.raises(DomainError, match="dernier jour"):
        publish_offer(alice, member_of(bernadette).id, wrong)


def test_the_journal_says_for_whom_the_team_acted(bernadette: int, alice: Actor) -> None:
    member = member_of(bernadette)
    itself = MemberActor(alice.tenant_id, member.name, member_id=member.id, account_no=bernadette)
    offer = publish_offer(alice, member.id, sheet())
    update_offer(itself, offer.id, sheet("Couture"))
    with pytest.raises(StalePage):
        update_offer(alice, offer.id, sheet(), version=1)
    events = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.subject_id == offer.id).order_by(AuditEvent.id)
    ).all()
    assert [(e.actor_name, e.sentence, e.details) for e in events] == [
        ("Alice Morel", "a publié l’annonce", {"for": str(member.id)}),
        ("Bernadette", "a modifié l’annonce", {}),
    ]


def test_nobody_acts_for_another_member(bernadette: int, alice: Actor) -> None:
    offer = publish_offer(alice, member_of(bernadette).id, sheet())
    yann = MemberActor(alice.tenant_id, "Yann", member_id=new_id(), account_no=bernadette + 1)
    reader = Actor(alice.tenant_id, "Carole", roles=frozenset({"reader"}))
    for actor in (yann, reader):
        for act in (close_offer, reopen_offer):
            with pytest.raises(Forbidden):
                act(actor, offer.id)
        with pytest.raises(Forbidden):
            renew_offers(actor, [offer.id])
        with pytest.raises(Forbidden):
            update_offer(actor, offer.id, sheet())
        with pytest.raises(Forbidden):
            publish_offer(actor, offer.member_id, sheet())


def test_closed_reopened_renewed(cast: Cast, bernadette: int) -> None:
    ending = publish(cast, bernadette, "Couture", expires_on=today() + timedelta(days=3))
    closed = publish(cast, bernadette, "Jardin")
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        close_offer(alice, closed)
        assert titles(OfferFilter()) == ["Couture"]
        assert titles(OfferFilter(state="finies")) == ["Jardin"]
        assert titles(OfferFilter(state="bientot")) == ["Couture"]
        assert [offer.id for offer in list_ending_offers()] == [ending]
        assert renew_offers(alice, [ending, closed, ending]) == 1
        assert get_offer(ending).expires_on == months_after(today(), 6)
        assert list_ending_offers() == []
        get_offer(closed).expires_on = today() - timedelta(days=1)
        assert reopen_offer(alice, closed).is_open
        db.session.commit()


def test_notices_are_found_by_word_name_kind_theme_and_place(
    cast: Cast, bernadette: int, alice: Actor
) -> None:
    member = member_of(bernadette)
    publish_offer(alice, member.id, sheet("Réparer un vélo", text="crevaison"))
    publish_offer(alice, member.id, sheet("Un trajet", REQUEST))
    update_member(alice, member.id, MemberSheet("Bernadette", bulle_id=cast.bulle.id))
    assert titles(OfferFilter(q="VELO")) == ["Réparer un vélo"]
    assert titles(OfferFilter(q="crevaison")) == ["Réparer un vélo"]
    assert len(titles(OfferFilter(q="bernadette"))) == 2
    assert titles(OfferFilter(q="100%")) == []
    assert titles(OfferFilter(kind="request")) == ["Un trajet"]
    assert titles(OfferFilter(category_id=uuid.uuid4())) == []
    assert len(titles(OfferFilter(bulle_id=cast.bulle.id))) == 2
    assert titles(OfferFilter(), "-titre") == ["Un trajet", "Réparer un vélo"]


def test_who_left_shows_nothing_and_publishes_nothing(cast: Cast, bernadette: int) -> None:
    offer_id = publish(cast, bernadette, "Couture")
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        member = member_of(bernadette)
        leave_member(alice, member.id)
        assert titles(OfferFilter()) == []
        assert list_member_offers(member.id) == []
        assert [o.id for o in list_member_offers(member.id, ended=True)] == [offer_id]
        with pytest.raises(DomainError, match="est partie"):
            publish_offer(alice, member.id, sheet())
        with pytest.raises(DomainError, match="est partie"):
            renew_offers(alice, [offer_id])


def test_those_who_may_help_are_chosen_by_the_same_points(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("Both", "Alike", "Liked", "Near", "Bourlet", "Awa", "Gone")
    both, alike, liked, near, bourlet, _, gone = join(cast, *names).values()
    asker = join(cast, "Zoé")["Zoé"]
    for number in (both, alike, gone):
        publish(cast, number, "Des ourlets", theme=1)
    for number in (both, near, gone):
        publish(cast, number, "Plomberie")
    publish(cast, both, "Un ourlet", REQUEST)
    publish(cast, bourlet, "Vélo", theme=2)
    request_id = publish(cast, asker, "Un ourlet", REQUEST)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        for number in (both, liked):
            member = member_of(number)
            member.call(member.name, ["ourlets"])
        leave_member(alice, member_of(gone).id)
        request = get_offer(request_id)
        best = ["Both", "Alike", "Liked", "Near"]
        assert [proposal.name for proposal in propose_people(request)] == best
        for most in (1, 2):
            monkeypatch.setattr(queries, "AMONG", most)
            assert [proposal.name for proposal in propose_people(request)] == best[:most]


def test_members_are_told_once_before_the_end(cast: Cast, bernadette: int) -> None:
    soon, later = today() + timedelta(days=10), today() + timedelta(days=30)
    publish(cast, bernadette, "Couture", expires_on=soon)
    publish(cast, bernadette, "Jardin", expires_on=soon)
    publish(cast, bernadette, "Cuisine", expires_on=later)
    publish(cast, bernadette + 1, "Vélo", expires_on=soon)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        sheet_ = MemberSheet("Bernadette", email="bernadette@exemple.fr")
        update_member(alice, member_of(bernadette).id, sheet_)
        for _ in range(2):
            jobs.remind_offers()
            db.session.flush()
            [mail] = db.session.scalars(
                sa.select(OutboxRow).where(OutboxRow.name == "core.send_mail")
            )
        text = open_json(mail.args["sealed"])["text"]
        assert "« Couture »" in text.replace("\xa0", " ")
        assert "Cuisine" not in text
        told = db.session.scalars(
            sa.select(Offer.title).where(Offer.reminded_at.is_not(None)).order_by(Offer.title)
        ).all()
        assert told == ["Couture", "Jardin", "Vélo"]


def test_notices_that_end_untold_are_counted(cast: Cast, bernadette: int) -> None:
    yann, soon = bernadette + 1, today() + timedelta(days=10)
    publish(cast, bernadette, "Couture", expires_on=soon)
    publish(cast, yann, "Vélo", expires_on=soon)
    publish(cast, yann, "Jardin", expires_on=soon + timedelta(days=5))
    ended, closed = (publish(cast, yann, title, expires_on=soon) for title in ("Pain", "Thé"))
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        get_offer(ended).expires_on = today() - timedelta(days=1)
        close_offer(alice, closed)
        assert count_silent_offers() == 2
        reached = MemberSheet("Bernadette", email="bernadette@exemple.fr")
        update_member(alice, member_of(bernadette).id, reached)
        assert count_silent_offers() == 1
        leave_member(alice, member_of(yann).id)
        assert count_silent_offers() == 0


def test_the_network_adds_themes_and_retires_its_own(cast: Cast, bernadette: int) -> None:
    olga, alice = cast.actor("olga"), cast.actor("alice")
    with tenant_context(olga.tenant_id):
        added = add_category(olga, " Jardinage ")
        assert list_categories()[-1] == added
        with pytest.raises(DomainError, match="existe déjà"):
            add_category(olga, "JARDINAGE")
        with pytest.raises(DomainError, match="livré avec"):
            retire_category(olga, list_categories()[0].id)
        category_id = added.id
        db.session.commit()
    with tenant_context(alice.tenant_id):
        member_id = member_of(bernadette).id
        notice = OfferSheet(OFFER, category_id, "Tailler")
        offer_id = publish_offer(alice, member_id, notice).id
        with pytest.raises(Forbidden):
            add_category(alice, "Autre")
        db.session.commit()
    with tenant_context(olga.tenant_id):
        retire_category(olga, category_id)
        assert category_id not in {category.id for category in list_categories()}
        with pytest.raises(DomainError, match="Il a été retiré"):
            add_category(olga, "Jardinage")
        db.session.commit()
    with tenant_context(alice.tenant_id):
        with pytest.raises(DomainError, match="n’est plus proposé"):
            publish_offer(alice, member_id, notice)
        assert update_offer(alice, offer_id, notice).category.name == "Jardinage"
    with tenant_context(olga.tenant_id):
        restore_category(olga, category_id)
        assert category_id in {category.id for category in list_categories()}


def test_two_people_add_the_same_theme_at_once(real: Flask) -> None:
    olga = build_cast().actor("olga")
    with crowd(real, olga.tenant_id) as people:
        first = people.hold(partial(add_category, olga, "Jardinage"))
        second = people.start(partial(add_category, olga, "jardinage"))
        first.commit()
        with pytest.raises(DomainError, match="« Jardinage » existe déjà"):
            second.result(PATIENCE)
        # Whoever gives up leaves the name free.
        people.hold(partial(add_category, olga, "Lecture")).abandon()
        assert people.do(lambda: add_category(olga, "Lecture").position) == 8
