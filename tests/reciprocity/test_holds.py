"""« J’ai donné » : asked, confirmed, refused, taken back, left without answer; each once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.errors import DomainError
from app.core.permissions import Forbidden
from app.reciprocity.commands import holds
from app.reciprocity.commands.holds import AT_ONCE, Request
from app.reciprocity.commands.ledger import LedgerRefusal
from app.reciprocity.commands.members import leave_member
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.accounts import get_account, name_operators
from app.reciprocity.queries.exchanges import find_note
from app.reciprocity.queries.holds import find_outcome, list_asked, list_to_answer
from app.reciprocity.queries.members import find_member_of
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import join, noting
from tests.factories.together import crowd
from tests.factories.work import do_work
from tests.http import Client


def member(number: int) -> MemberActor:
    """The holder of an account, in their own space."""
    found = find_member_of(number)
    assert found
    return MemberActor(found.tenant_id, found.name, member_id=found.id, account_no=number)


def ask(giver: int, receiver: int, minutes: int = 90, wording: str = "couture") -> uuid.UUID:
    """Ask, as who gave."""
    request = Request(new_id(), giver, receiver, minutes, today(), wording)
    assert holds.ask_confirmation(member(giver), request) == "placed"
    return request.id


def test_what_is_asked_is_reserved_then_noted_once(cast: Cast) -> None:
    yann, fatima, *_ = join(cast).values()
    with tenant_context(cast.tenants["ascs"].id):
        hold_id = ask(yann, fatima)
        again = Request(hold_id, yann, fatima, 90, today(), "couture")
        assert holds.ask_confirmation(member(yann), again) == "exists"
        assert get_account(fatima).held == 90
        assert [h.id for h in list_to_answer(fatima)] == [h.id for h in list_asked(yann)]
        for _ in range(2):
            holds.accept_request(member(fatima), hold_id)
        given, received = get_account(yann), get_account(fatima)
        assert (given.balance, received.balance, received.held) == (90, -90, 0)
        note = find_note(hold_id)
        assert note
        assert note.wording == "couture"


def test_only_the_receiver_answers_and_only_the_asker_takes_back(cast: Cast) -> None:
    yann, fatima, awa, *_ = join(cast).values()
    with tenant_context(cast.tenants["ascs"].id):
        hold_id = ask(yann, fatima)
        for act, who in (
            (holds.accept_request, yann),
            (holds.accept_request, awa),
            (holds.decline_request, yann),
            (holds.cancel_request, fatima),
            (holds.cancel_request, awa),
        ):
            with pytest.raises(Forbidden):
                act(member(who), hold_id)
        with pytest.raises(Forbidden):
            holds.ask_confirmation(member(awa), Request(new_id(), yann, fatima, 30, today()))
        assert find_outcome(hold_id) is None


def test_a_second_answer_finds_the_first(cast: Cast) -> None:
    yann, fatima, *_ = join(cast).values()
    with tenant_context(cast.tenants["ascs"].id):
        hold_id = ask(yann, fatima)
        holds.decline_request(member(fatima), hold_id)
        assert get_account(fatima).held == 0
        with pytest.raises(DomainError, match="avant vous : cet échange est refusé"):
            holds.accept_request(member(fatima), hold_id)
        with pytest.raises(DomainError, match="refusé"):
            holds.cancel_request(member(yann), hold_id)
        assert get_account(fatima).balance == 0


def test_the_team_answers_for_someone_and_it_says_so(cast: Cast, client: Client) -> None:
    yann, fatima, *_ = join(cast).values()
    with tenant_context(cast.tenants["ascs"].id):
        hold_id = ask(yann, fatima)
        db.session.commit()
    page = client.get("/ascs/heures/demandes/", as_="alice").text
    assert "Bernadette a donné à Yann" in page
    for button in ("Oui, pour Yann", "Non, pour Yann", "Retirer, pour Bernadette"):
        assert button in page
        assert button not in client.get("/ascs/heures/demandes/", as_="carole").text
    client.post(f"/ascs/heures/demandes/{hold_id}/accord", as_="carole", status=403)
    client.post(f"/ascs/heures/demandes/{hold_id}/accord", as_="bob")
    client.post(f"/ascs/heures/demandes/{hold_id}/refus", as_="alice")
    answered = client.get("/ascs/heures/demandes/?etat=fait", as_="alice").text
    assert "Quelqu’un a répondu avant vous : cet échange est confirmé." in answered.replace(
        "\xa0", " "
    )
    assert "Bob Petit" in answered
    with tenant_context(cast.tenants["ascs"].id):
        outcome = find_outcome(hold_id)
        assert outcome
        assert name_operators([outcome.operator_no]) == {outcome.operator_no: "Bob Petit"}
    listed = client.get("/ascs/heures/demandes/?etat=fait&format=csv", as_="alice").text
    assert "Bernadette;Yann;90" in listed


def test_what_the_team_answered_is_undone(cast: Cast, client: Client) -> None:
    yann, fatima, *_ = join(cast).values()
    home = "/ascs/heures/demandes"
    with tenant_context(cast.tenants["ascs"].id):
        refused = ask(yann, fatima)
        db.session.commit()
    client.post(f"{home}/{refused}/refus", as_="bob")
    assert f'action="{home}/{refused}/reprise"' in client.get(f"{home}/", as_="bob").text
    for _ in range(2):
        client.post(f"{home}/{refused}/reprise", as_="bob")
    with tenant_context(cast.tenants["ascs"].id):
        (again,) = list_to_answer(fatima)
        assert (again.minutes, again.wording, get_account(fatima).held) == (90, "couture", 90)
        again_id = again.id
    client.post(f"{home}/{again_id}/accord", as_="bob")
    page = client.get(f"{home}/", as_="bob").text
    assert f'action="/ascs/heures/echanges/{again_id}/annulation"' in page
    client.post(f"{home}/{again_id}/reprise", as_="bob", status=422)


def test_a_member_does_not_reserve_everybodys_hours(cast: Cast) -> None:
    yann, fatima, *_ = join(cast).values()
    with tenant_context(cast.tenants["ascs"].id):
        for _ in range(AT_ONCE):
            last = ask(yann, fatima, 10)
        with pytest.raises(DomainError, match="attendent déjà"):
            ask(yann, fatima, 10)
        holds.cancel_request(member(yann), last)
        ask(yann, fatima, 10)


def test_refusals_have_names_and_reserve_nothing(cast: Cast) -> None:
    yann, fatima, *_ = join(cast).values()
    with tenant_context(cast.tenants["ascs"].id):
        for request, code in (
            (Request(new_id(), yann, fatima, 0, today()), "minutes_not_positive"),
            (Request(new_id(), yann, fatima, 1441, today()), "too_long"),
            (Request(new_id(), yann, yann, 30, today()), "same_account"),
            (Request(new_id(), yann, 9999, 30, today()), "unknown_account"),
            (Request(new_id(), yann, 2, 30, today()), "wrong_account_kind"),
            (Request(new_id(), yann, fatima, 30, today() + timedelta(days=1)), "future_day"),
            (Request(new_id(), yann, fatima, 1201, today()), "floor_reached"),
        ):
            with pytest.raises(LedgerRefusal) as refusal:
                holds.ask_confirmation(member(yann), request)
            assert refusal.value.code == code
        assert get_account(fatima).held == 0


def test_who_has_an_address_is_written_to_then_reminded(app: Flask, cast: Cast) -> None:
    yann, fatima, awa, *_ = join(cast).values()
    with tenant_context(cast.tenants["ascs"].id):
        found = find_member_of(fatima)
        assert found
        found.reach("fatima@exemple.fr", None)
        first, _ = ask(yann, fatima), ask(yann, awa)
        db.session.commit()
    do_work()
    mails = list(app.extensions["mail_gateway"].read())
    assert [m["To"] for _, m in mails] == ["fatima@exemple.fr"]
    with tenant_context(cast.tenants["ascs"].id):
        holds.remind_request(first)
        holds.accept_request(member(fatima), first)
        holds.remind_request(first)
        db.session.commit()
    do_work()
    texts = [m.get_body(("plain",)).get_content() for _, m in app.extensions["mail_gateway"].read()]
    assert sum("pris par autre chose" in text for text in texts) == 1


def test_what_nobody_answers_is_given_back(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    yann, fatima, *_ = join(cast).values()
    with tenant_context(cast.tenants["ascs"].id):
        fresh = ask(yann, fatima, 30)
        monkeypatch.setattr(holds, "WAITING", timedelta(0))
        late = ask(yann, fatima)
        with pytest.raises(LedgerRefusal) as refusal:
            holds.accept_request(member(fatima), late)
        assert refusal.value.code == "hold_expired"
        for _ in range(2):
            holds.expire_requests()
        outcome = find_outcome(late)
        assert outcome
        assert outcome.outcome == "expired"
        assert find_outcome(fresh) is None
        assert get_account(fatima).held == 30
        with pytest.raises(DomainError, match="trop ancienne"):
            holds.accept_request(member(fatima), late)


def test_requests_expire_beside_an_exchange(real: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come in the order in which they were asked; accounts are locked in their own."""
    cast = build_cast()
    three, four, five, six, *_ = join(cast).values()
    alice = cast.actor("alice")
    monkeypatch.setattr(holds, "WAITING", timedelta(0))
    with tenant_context(alice.tenant_id):
        late = [ask(six, five), ask(six, three)]
        db.session.commit()

    with crowd(real, alice.tenant_id) as people:
        first = people.hold(noting(alice, four, three))
        another = people.start(noting(alice, three, five))
        assert people.waits(another)
        expiring = people.start(holds.expire_requests)
        assert people.waits(another, expiring)
        first.commit()
        assert another.result(20) == "posted"
        expiring.result(20)
    with tenant_context(alice.tenant_id):
        assert [bool(find_outcome(hold_id)) for hold_id in late] == [True, True]
        assert (get_account(three).held, get_account(five).held) == (0, 0)


@pytest.mark.parametrize("answers_first", [True, False])
def test_someone_leaves_as_their_request_is_confirmed(real: Flask, answers_first: bool) -> None:
    """Whoever comes first, both are answered, and the books agree."""
    cast = build_cast()
    receiver, other, giver, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        hold_id = ask(giver, receiver, 30)
        db.session.commit()
        leaving = find_member_of(giver)
        assert leaving
        leave = partial(leave_member, alice, leaving.id)
    answer = partial(holds.accept_request, alice, hold_id)
    with crowd(real, alice.tenant_id) as people:
        first = people.hold(noting(alice, other, receiver))
        acts: list[Callable[[], object]] = [answer, leave]
        going: list[Future[object]] = []
        for act in acts if answers_first else reversed(acts):
            going.append(people.start(act))
            assert people.waits(*going)
        first.commit()
        refusals = [str(one.exception(20) or "") for one in going]
    with tenant_context(alice.tenant_id):
        outcome = find_outcome(hold_id)
        assert outcome
        assert get_account(giver).closed_at
        assert get_account(receiver).held == 0
        found = (outcome.outcome, get_account(receiver).balance, get_account(2).balance)
    if answers_first:
        assert (refusals, found) == (["", ""], ("accepted", -40, 30))
    else:
        assert found == ("cancelled", -10, 0)
        assert "avant vous : cet échange est retiré" in refusals[1]


def test_two_people_answer_at_once(real: Flask) -> None:
    """The receiver says yes, the team says no, the asker takes it back: one of them, and the books agree."""
    cast = build_cast()
    yann, fatima, *_ = join(cast).values()
    tenant_id = cast.tenants["ascs"].id
    for _ in range(6):
        with tenant_context(tenant_id):
            hold_id = ask(yann, fatima, 10)
            db.session.commit()
            before = get_account(fatima).balance
            acts = (
                (holds.accept_request, member(fatima)),
                (holds.decline_request, cast.actor("alice")),
                (holds.cancel_request, member(yann)),
            )
        with crowd(real, tenant_id) as people:
            going = [people.start(partial(act, actor, hold_id)) for act, actor in acts]
            refused = [type(f.exception(20)) for f in going]
        assert sorted(map(str, refused)) == sorted(map(str, [DomainError, DomainError, type(None)]))
        with tenant_context(tenant_id):
            outcome, account = find_outcome(hold_id), get_account(fatima)
            assert outcome
            accepted = outcome.outcome == "accepted"
            assert (account.held, account.balance) == (0, before - 10 * accepted)
