"""The solidarity fund: gifts, grants by rule and by decision, and what nobody else may know."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, Forbidden
from app.reciprocity.commands.accounts import set_limits
from app.reciprocity.commands.exchanges import reverse_transfer
from app.reciprocity.commands.fund import RuleSheet, adopt_rule, give_to_fund, grant
from app.reciprocity.commands.ledger import LedgerRefusal
from app.reciprocity.commands.members import leave_member, return_member
from app.reciprocity.models import FundRule, Transfer
from app.reciprocity.models.few import Tally
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.fund import (
    Totals,
    as_movement,
    find_rule,
    get_totals,
    is_confidential,
    list_confidential,
    list_movements,
    list_rules,
)
from app.reciprocity.queries.members import find_member_of
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client, text
from tests.reciprocity.test_clearing_pages import key_in

FUND = 2
HOME = "/ascs/heures/fonds"
RULE = RuleSheet("Pour qui traverse un moment difficile.", 120, 300, 0)
LIMITS = {"once": "2", "yearly": "5", "below": "0"}


def give(actor: Actor, giver: int, minutes: int) -> str:
    return give_to_fund(actor, new_id(), giver, minutes, today())


def test_hours_come_in_and_go_out_by_the_rule(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        rule = adopt_rule(alice, RULE)
        gift = new_id()
        assert give_to_fund(alice, gift, a, 600, today()) == "posted"
        assert give_to_fund(alice, gift, a, 600, today()) == "exists"
        helped = new_id()
        assert grant(alice, helped, b, 120, rule_id=rule.id) == "posted"
        assert grant(alice, helped, b, 120, rule_id=rule.id) == "exists"
        assert [get_account(n).balance for n in (FUND, a, b)] == [480, -600, 120]
        assert get_totals() == Totals(given=Tally(600, 1), granted=Tally(120, 1))
        assert get_totals().left == 480
        # The rule keeps the fund for who has no hours ahead.
        assert refusal_of(alice, b, 60, rule) == "grant_not_needed"
        reverse_transfer(alice, helped, "Erreur de personne")
        assert get_totals() == Totals(given=Tally(600, 1), granted=Tally())


def refusal_of(actor: Actor, receiver: int, minutes: int, rule: FundRule) -> str:
    with pytest.raises(LedgerRefusal) as refusal:
        grant(actor, new_id(), receiver, minutes, rule_id=rule.id)
    return refusal.value.code


def test_the_rule_and_the_fund_itself_set_the_bounds(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    alice = cast.actor("alice")
    exchange(cast, a, b, 900)
    with tenant_context(alice.tenant_id):
        rule = adopt_rule(alice, RULE)
        assert refusal_of(alice, b, 60, rule) == "floor_reached"
        give(alice, a, 400)
        assert refusal_of(alice, b, 121, rule) == "grant_too_large"
        for _ in range(2):
            grant(alice, new_id(), b, 120, rule_id=rule.id)
        assert refusal_of(alice, b, 120, rule) == "grant_beyond_year"
        newer = adopt_rule(alice, replace(RULE, below=60))
        assert refusal_of(alice, c, 60, rule) == "rule_not_in_force"
        grant(alice, new_id(), c, 60, rule_id=newer.id)
        with pytest.raises(LedgerRefusal) as refusal:
            grant(alice, new_id(), c, 60)
        assert refusal.value.code == "reason_needed"
        # A decision goes beyond the rule, never beyond the fund.
        grant(alice, new_id(), b, 100, decision="Le conseil du 12 novembre")
        with pytest.raises(LedgerRefusal) as refusal:
            grant(alice, new_id(), b, 1, decision="Le conseil du 12 novembre")
        assert refusal.value.code == "floor_reached"
        assert get_account(FUND).balance == 0
        reasons = [
            (row.rule_no, row.decision)
            for row in map(as_movement, db.session.execute(list_movements(kind="grant")))
        ]
        assert reasons.count((1, None)) == 2
        assert (2, None) in reasons
        assert (None, "Le conseil du 12 novembre") in reasons


def test_who_is_refused_reads_what_is_left(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice, council = cast.actor("alice"), "Le conseil du 12 novembre"
    with tenant_context(alice.tenant_id):
        adopt_rule(alice, RULE)
        give(alice, a, 30)
        with pytest.raises(LedgerRefusal, match=r"Bernadette peut encore donner 19\sh\s30\."):
            give(alice, a, 1440)
        with pytest.raises(LedgerRefusal, match=r"Le fonds n’a que 30\smin\."):
            grant(alice, new_id(), b, 180, decision=council)
        grant(alice, new_id(), b, 30, decision=council)
        with pytest.raises(LedgerRefusal, match=r"Le fonds n’a plus d’heures\."):
            grant(alice, new_id(), b, 180, decision=council)
        set_limits(alice, b, -60, 60, "")
        give(alice, a, 60)
        with pytest.raises(LedgerRefusal, match=r"Yann peut encore recevoir 30\smin\."):
            grant(alice, new_id(), b, 60, decision=council)


def test_each_version_of_the_rule_stays(cast: Cast) -> None:
    alice, bob = cast.actor("alice"), cast.actor("bob")
    with tenant_context(alice.tenant_id):
        first = adopt_rule(alice, RULE, base=0)
        assert adopt_rule(alice, RULE).id == first.id
        second = adopt_rule(alice, replace(RULE, text="Pour tout le monde."), base=1)
        assert [rule.number for rule in list_rules()] == [2, 1]
        assert first.sha256 != second.sha256
        assert (find_rule() or first).number == 2
        assert (find_rule(1) or second).text == RULE.text
        with pytest.raises(StalePage):
            adopt_rule(alice, RULE, base=1)
        for wrong in (
            replace(RULE, text="  "),
            replace(RULE, grant_minutes=0),
            replace(RULE, yearly_minutes=60),
        ):
            with pytest.raises(DomainError):
                adopt_rule(alice, wrong)
        with pytest.raises(Forbidden):
            adopt_rule(bob, RULE)


def test_who_may_give_and_grant(cast: Cast) -> None:
    a = join(cast, "Bernadette")["Bernadette"]
    carole = cast.actor("carole")
    with tenant_context(carole.tenant_id):
        with pytest.raises(Forbidden):
            give(carole, a, 60)
        with pytest.raises(Forbidden):
            grant(carole, new_id(), a, 60, decision="Parce que")


def test_a_beneficiary_is_told_to_nobody(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice = cast.actor("alice")
    plain = exchange(cast, a, b, 30)
    with tenant_context(alice.tenant_id):
        give(alice, a, 600)
        helped, other = new_id(), new_id()
        grant(alice, helped, b, 60, decision="Le conseil")
        grant(alice, other, b, 60, decision="Le conseil")
        undone = reverse_transfer(alice, other, "Erreur de personne")
        plain_undone = reverse_transfer(alice, plain, "Erreur de personne")
        asked = [helped, other, undone, plain, plain_undone, new_id()]
        assert list_confidential(asked) == {helped, other, undone}
        assert is_confidential(undone)
        assert not is_confidential(plain)
        journal = db.session.execute(
            db.text("SELECT subject_label, details FROM audit_events WHERE action = 'fund.granted'")
        ).all()
        assert [tuple(row) for row in journal] == [("Fonds de solidarité", {})] * 2
        db.session.commit()
    with tenant_context(cast.home("denis").id):
        assert list_confidential(asked) == set()
        assert get_totals() == Totals(Tally(), Tally())


def test_the_team_reads_names_and_the_others_totals_of_five(client: Client, cast: Cast) -> None:
    people = join(cast)
    giver, *helped = people.values()
    alice = cast.actor("alice")
    empty = text(client.get(f"{HOME}/", as_="carole").text)
    assert "Offertes par le fonds0 min" in empty
    assert "masqué" not in empty
    with tenant_context(alice.tenant_id):
        for one in (giver, *helped[:4]):
            give(alice, one, 120)
        for receiver in helped[:4]:
            grant(alice, new_id(), receiver, 30, decision="Le conseil du 12 novembre")
        db.session.commit()
    page = text(client.get(f"{HOME}/", as_="carole").text)
    assert "Données au fonds10 h Offertes par le fondsmasqué Disponiblesmasqué" in page
    assert "Personnes aidéesmasqué « masqué » veut dire : moins de 5 personnes" in page
    assert "Offertes par le fonds2 h" in text(client.get(f"{HOME}/", as_="bob").text)
    with tenant_context(alice.tenant_id):
        grant(alice, new_id(), helped[4], 30, decision="Le conseil du 12 novembre")
        db.session.commit()
    page = text(client.get(f"{HOME}/", as_="carole").text)
    assert "Offertes par le fonds2 h 30 Disponibles7 h 30 Personnes aidées5" in page
    assert not any(name in page for name in people)
    client.get(f"{HOME}/mouvements", as_="carole", status=403)
    client.get(f"{HOME}/mouvements?format=csv", as_="carole", status=403)
    listed = client.get(f"{HOME}/mouvements", as_="bob").text
    assert all(name in listed for name in people)
    gifts = client.get(f"{HOME}/mouvements?genre=gift&format=csv", as_="bob").data.decode(
        "utf-8-sig"
    )
    assert ["reçu", "Bernadette", "120"] in [line.split(";")[1:4] for line in gifts.splitlines()]


def test_what_few_people_gave_is_not_told_nor_found_by_subtraction(
    client: Client, cast: Cast
) -> None:
    giver, *helped = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        give(alice, giver, 600)
        for receiver in helped:
            grant(alice, new_id(), receiver, 30, decision="Le conseil du 12 novembre")
        db.session.commit()
    page = text(client.get(f"{HOME}/", as_="carole").text)
    assert "Données au fondsmasqué Offertes par le fonds2 h 30 Disponiblesmasqué" in page
    assert "Données au fonds10 h" in text(client.get(f"{HOME}/", as_="bob").text)


def test_the_refund_of_a_settlement_is_as_secret_as_the_settlement(
    client: Client, cast: Cast
) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 77)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        member = find_member_of(a)
        assert member
        leave_member(alice, member.id)
        return_member(alice, member.id)
        db.session.commit()
        moved = set(
            db.session.scalars(
                db.select(Transfer.id).where(Transfer.kind.in_(("settlement", "reversal")))
            )
        )
        assert len(moved) == 2
        assert list_confidential(moved) == moved
    exchanges = "/ascs/heures/echanges"
    assert "Correction" in client.get(f"{exchanges}/?genre=all", as_="bob").text
    assert "Correction" not in client.get(f"{exchanges}/?genre=all&format=csv", as_="carole").text
    for transfer_id in moved:
        client.get(f"{exchanges}/{transfer_id}", as_="bob")
        client.get(f"{exchanges}/{transfer_id}", as_="carole", status=403)


def test_gift_grant_and_rule_by_their_pages(client: Client, cast: Cast) -> None:
    assert "Le fonds s’ouvre avec le registre" in client.get(f"{HOME}/", as_="alice").text
    a, b = join(cast, "Bernadette", "Yann").values()
    assert "fonds est vide" in client.get(f"{HOME}/mouvements", as_="alice").text
    assert "sans résultat" not in client.get(f"{HOME}/mouvements?genre=gift", as_="alice").text
    rule = {"text": RULE.text, **LIMITS, "version": "0"}
    client.get(f"{HOME}/regle", as_="alice")
    client.get(f"{HOME}/regle", as_="bob", status=403)
    client.post(f"{HOME}/regle", {**rule, "yearly": "1"}, as_="alice", status=422)
    client.post(f"{HOME}/regle", rule, as_="alice")
    page = client.post(f"{HOME}/regle", {**rule, "text": "Autre."}, as_="alice", status=422).text
    assert "pendant que vous écriviez" in page
    client.post(f"{HOME}/regle", {**rule, "text": "Autre.", "version": "1"}, as_="alice")
    assert "Elle ne vaut plus" in client.get(f"{HOME}/regles/1", as_="carole").text
    assert "règle d’aujourd’hui" in client.get(f"{HOME}/regles/2", as_="carole").text
    client.get(f"{HOME}/regles/3", as_="carole", status=404)

    who = client.get(f"{HOME}/don", as_="bob").text
    gift = f"{HOME}/don?cle={key_in(who)}&qui={a}"
    client.get(gift, as_="bob")
    client.get(f"{HOME}/don?qui=99", as_="bob", status=404)
    client.post(gift, {"minutes": "600"}, as_="bob")
    client.post(gift, {"minutes": "600"}, as_="bob")
    assert "Données au fonds10 h" in text(client.get(f"{HOME}/", as_="bob").text)

    who = client.get(f"{HOME}/coup-de-pouce", as_="bob").text
    url = f"{HOME}/coup-de-pouce?cle={key_in(who)}&qui={b}"
    page = client.get(url, as_="bob").text
    shown = re.search(r'name="rule"[^>]*value="([^"]+)"', page)
    assert shown
    asked = {"minutes": "180", "why": "regle", "rule": shown[1]}
    assert "C’est plus" in client.post(url, asked, as_="bob", status=422).text
    client.post(url, {**asked, "why": "decision", "rule": shown[1]}, as_="bob", status=422)
    client.post(url, {**asked, "rule": "x"}, as_="bob", status=422)
    client.post(url, {**asked, "minutes": "60"}, as_="bob")
    page = client.get(f"{HOME}/", as_="bob").text
    undo = re.search(r'action="([^"]+/annulation)"', page)
    assert undo
    client.post(undo[1], as_="bob")
    assert "Offertes par le fonds0" in text(client.get(f"{HOME}/", as_="bob").text)
