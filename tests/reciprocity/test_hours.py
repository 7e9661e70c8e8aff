"""One hour, one regime: what is volunteered, paid or credited is never the same hour twice."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.audit import AuditEvent
from app.core.clock import now, today
from app.core.db import db, new_id, tenant_context
from app.core.permissions import Actor
from app.reciprocity.commands.accounts import open_group
from app.reciprocity.commands.exchanges import (
    Exchange,
    record_exchange,
    record_group,
    reverse_transfer,
    share_out,
)
from app.reciprocity.commands.hours import Hours, declare_hours, time_exchange, void_hours
from app.reciprocity.commands.ledger import LedgerRefusal, call, operator_of
from app.reciprocity.models import Regime
from app.reciprocity.models.few import Tally
from app.reciprocity.queries.hours import (
    Period,
    get_record,
    list_untimed,
    map_activities,
    map_months,
    map_totals,
)
from app.reciprocity.queries.members import find_member_of
from app.reciprocity.routes import home as home_routes
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client, text

REGIMES = "/ascs/heures/regimes"


def that_day() -> date:
    """Lately, and past."""
    return today() - timedelta(days=2)


def volunteered(account_no: int, start: int, minutes: int = 60, **changes: object) -> Hours:
    """Volunteering on that day, from that hour on."""
    sheet = {
        "id": new_id(), "account_no": account_no, "happened_on": that_day(), "starts_at": time(start),
        "minutes": minutes, "regime": Regime.VOLUNTEERING, "activity": "Accueil",
    }  # fmt: skip
    return Hours(**{**sheet, **changes})  # type: ignore[arg-type]


def refusal_of(act: object, *arguments: object) -> str:
    """The name of the refusal."""
    with pytest.raises(LedgerRefusal) as refusal:
        act(*arguments)  # type: ignore[operator]
    return refusal.value.code


def sums() -> list[int]:
    """Minutes of reciprocity, volunteering and paid work, that day."""
    return [total.minutes for total in map_totals(Period(that_day(), that_day())).values()]


def test_hours_are_declared_once_and_taken_back(cast: Cast) -> None:
    a, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        hours = volunteered(a, 9)
        assert declare_hours(alice, hours) == "posted"
        assert declare_hours(alice, hours) == "exists"
        assert refusal_of(declare_hours, alice, volunteered(a, 9)) == "same_hour"
        paid = volunteered(a, 9, regime=Regime.PAID)
        assert refusal_of(declare_hours, alice, paid) == "same_hour"
        assert sums() == [0, 60, 0]
        void_hours(alice, hours.id)
        void_hours(alice, hours.id)
        assert get_record(hours.id).voided_at
        assert sums() == [0, 0, 0]
        assert declare_hours(alice, paid) == "posted"
        assert sums() == [0, 0, 60]
        told = [event.action for event in db.session.query(AuditEvent).order_by(AuditEvent.at)]
        assert told[-3:] == ["hours.declared", "hours.voided", "hours.declared"]


def test_an_exchange_without_a_start_comes_first(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    gift = exchange(cast, a, b, 60, on=that_day())
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        assert refusal_of(declare_hours, alice, volunteered(a, 9)) == "exchange_needs_start"
        assert declare_hours(alice, volunteered(b, 9)) == "posted"
        assert [t.id for t in list_untimed(a, that_day())] == [gift]
        assert time_exchange(alice, gift, a, time(9, 30), 60) == "posted"
        assert time_exchange(alice, gift, a, time(10), 60) == "exists"
        assert list_untimed(a, that_day()) == []
        assert refusal_of(declare_hours, alice, volunteered(a, 9)) == "same_hour"
        assert declare_hours(alice, volunteered(a, 11)) == "posted"
        untimed = Exchange(new_id(), a, b, 30, that_day())
        assert refusal_of(record_exchange, alice, untimed) == "start_needed"
        assert sums() == [60, 120, 0]
        reverse_transfer(alice, gift, "Erreur")
        assert sums() == [0, 120, 0]
        assert declare_hours(alice, volunteered(a, 9)) == "posted"


def test_only_the_team_declares_and_exchanges_are_not_withdrawn(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    gift = exchange(cast, a, b, 60, on=that_day())
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        time_exchange(alice, gift, a, time(9), 60)
        timed = db.session.execute(
            db.text("select id from time_records where transfer_id = :id"), {"id": gift}
        ).scalar_one()
        assert refusal_of(void_hours, alice, timed) == "unknown_hours"
        assert refusal_of(time_exchange, alice, gift, b, time(9), 60) == "unknown_transfer"


@dataclass(frozen=True)
class Act:
    """Something that happened, as someone tells it: who, when, how long, and what it was."""

    kind: str
    who: int
    start: int | None
    minutes: int


acts = st.lists(
    st.builds(
        Act,
        st.sampled_from(["exchange", "group", "volunteering", "paid", "undo", "void", "time"]),
        st.integers(0, 2),
        st.none() | st.integers(0, 23),
        st.sampled_from([30, 60, 90]),
    ),
    max_size=14,
)


class Diary:
    """Plays acts on the register, and keeps apart what the register took."""

    def __init__(self, alice: Actor, people: list[int]) -> None:
        self.alice, self.people = alice, people
        self.given: dict[uuid.UUID, tuple[int, time | None, int]] = {}
        self.declared: dict[uuid.UUID, tuple[int, time, int, Regime]] = {}

    def play(self, act: Act) -> None:
        """Do it; a refusal changes nothing."""
        with refused():
            getattr(self, f"_{act.kind}")(act)

    def _exchange(self, act: Act) -> None:
        who, other = self.people[act.who], self.people[act.who - 1]
        starts = None if act.start is None else time(act.start)
        told = Exchange(new_id(), who, other, act.minutes, that_day(), starts)
        record_exchange(self.alice, told)
        self.given[told.id] = (who, starts, act.minutes)

    def _group(self, act: Act) -> None:
        who, others = self.people[act.who], [n for n in self.people if n != self.people[act.who]]
        starts, key = None if act.start is None else time(act.start), new_id()
        shares = share_out([who], others, act.minutes // 2)
        record_group(
            self.alice,
            key,
            shares,
            that_day(),
            starts_at=starts,
            lasted=act.minutes if starts else None,
        )
        self.given[key] = (who, starts, act.minutes // 2 * 2)

    def _volunteering(self, act: Act, regime: Regime = Regime.VOLUNTEERING) -> None:
        who, start = self.people[act.who], act.start or 0
        hours = volunteered(who, start, act.minutes, regime=regime)
        declare_hours(self.alice, hours)
        self.declared[hours.id] = (who, time(start), act.minutes, regime)

    def _paid(self, act: Act) -> None:
        self._volunteering(act, Regime.PAID)

    def _undo(self, act: Act) -> None:
        for key in list(self.given)[:1]:
            reverse_transfer(self.alice, key, "Erreur")
            del self.given[key]

    def _void(self, act: Act) -> None:
        for key in list(self.declared)[:1]:
            void_hours(self.alice, key)
            del self.declared[key]

    def _time(self, act: Act) -> None:
        for key, (who, start, minutes) in list(self.given.items()):
            if start is None:
                time_exchange(self.alice, key, who, time(act.start or 0), minutes)
                self.given[key] = (who, time(act.start or 0), minutes)

    def twice(self) -> list[object]:
        """What counts an hour twice: a declared stretch that meets another one, or a day when the same
        person gave at an hour that nobody knows."""
        stretches = [(who, start, minutes) for who, start, minutes, _ in self.declared.values()]
        timed = [(w, s, m) for w, s, m in self.given.values() if s is not None]
        unknown = {who for who, start, _ in self.given.values() if start is None}
        met = [
            (one, other)
            for rank, one in enumerate(stretches)
            for other in [*stretches[:rank], *timed]
            if one[0] == other[0] and _minute(one[1]) < _minute(other[1]) + other[2]
            if _minute(other[1]) < _minute(one[1]) + one[2]
        ]
        return [*met, *(one for one in stretches if one[0] in unknown)]


@contextmanager
def refused() -> Iterator[None]:
    """Go on after a refusal."""
    try:
        yield
    except LedgerRefusal:
        db.session.expire_all()


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts)
def test_no_order_of_declarations_counts_an_hour_twice(cast: Cast, told: list[Act]) -> None:
    names = list(join(cast, "Bernadette", "Yann", "Fatima").values())
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        before = sums()
        diary = Diary(alice, names)
        for act in told:
            diary.play(act)
        assert diary.twice() == []
        kinds = dict.fromkeys(Regime, 0)
        kinds[Regime.RECIPROCITY] = sum(minutes for *_, minutes in diary.given.values())
        for _, _, minutes, regime in diary.declared.values():
            kinds[regime] += minutes
        assert [after - old for after, old in zip(sums(), before, strict=True)] == list(
            kinds.values()
        )


def test_an_hour_counted_twice_would_be_seen(cast: Cast) -> None:
    diary = Diary(cast.actor("alice"), [])
    diary.declared = {new_id(): (3, time(9), 60, Regime.PAID)}
    assert not diary.twice()
    diary.given = {new_id(): (3, time(9, 30), 60)}
    assert diary.twice()
    diary.given = {new_id(): (3, None, 60)}
    assert diary.twice()


def test_the_report_tells_each_hour_in_one_line(cast: Cast, client: Client) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, b, a, 90, on=that_day())
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        declare_hours(alice, volunteered(a, 9, 120))
        declare_hours(alice, volunteered(a, 14, 30, regime=Regime.PAID))
        db.session.commit()
        period, first = Period(that_day(), that_day()), that_day().replace(day=1)
        assert map_months(period) == {
            "reciprocity": {first: Tally(90, 1)},
            "volunteering": {first: Tally(120, 1)},
            "paid": {first: Tally(30, 1)},
        }
        assert map_activities(period) == {"Accueil": Tally(120, 1)}
    page = client.get(f"{REGIMES}/bilan?du={that_day()}&au={that_day()}", as_="bob").text
    assert "1\u00a0h\u00a030" in page
    assert "864 et 875" in page
    sheet = client.get(f"{REGIMES}/bilan?du={that_day()}&au={that_day()}&format=csv", as_="bob")
    assert f"{that_day():%Y-%m};90;120;30" in sheet.data.decode("utf-8-sig")
    mixed_up = client.get(f"{REGIMES}/bilan?du={today()}&au={that_day()}", as_="bob").text
    assert f'name="du" value="{that_day()}"' in mixed_up
    assert f'name="au" value="{today()}"' in mixed_up
    client.get(f"{REGIMES}/bilan?du=hier", as_="carole")


def test_the_report_tells_a_reader_nothing_of_few(cast: Cast, client: Client) -> None:
    people = list(join(cast).values())
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        choir = open_group(alice, "La chorale", None).number
        for giver, receiver in zip([*people[:4], choir], people[1:], strict=True):
            told = Exchange(new_id(), giver, receiver, 17, that_day(), time(18))
            record_exchange(alice, told)
        for person in people:
            declare_hours(alice, volunteered(person, 9))
        declare_hours(alice, volunteered(people[0], 14, 25, activity="Jardin"))
        db.session.commit()
        # The choir gives, and is nobody: four people gave.
        assert map_totals(Period(that_day(), that_day()))[Regime.RECIPROCITY] == Tally(85, 4)
    address = f"{REGIMES}/bilan?du={that_day()}&au={that_day()}"
    team, reader = (text(client.get(address, as_=who).text) for who in ("bob", "carole"))
    assert "Accueil6 h6Jardin25 min1" in team
    assert "AccueilmasquémasquéJardinmasquémasqué" in reader
    assert "Bénévolat (heures offertes)6 h 256" in reader
    assert "Réciprocité (heures rendues en heures)masquémasqué Bénévolat" in reader
    assert "moins de 5 personnes" in reader
    assert "moins de 5 personnes" not in team
    sheet = client.get(f"{address}&format=csv", as_="carole").data.decode("utf-8-sig")
    assert f"{that_day():%Y-%m};;385;0" in sheet
    # Two periods that differ by a day are the same one: months are whole.
    assert f'value="{that_day().replace(day=1)}"' in client.get(address, as_="carole").text
    assert f'value="{that_day()}"' in client.get(address, as_="bob").text


def test_hours_noted_by_the_team(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    gift = exchange(cast, a, b, 60, on=that_day())
    assert "Notez de premières heures" in client.get(f"{REGIMES}/", as_="alice").text
    assert "Bernadette" in client.get(f"{REGIMES}/nouveau", as_="alice").text
    assert "effacer la recherche" in client.get(f"{REGIMES}/nouveau?nom=zoe", as_="alice").text
    url = f"{REGIMES}/nouveau?membre={a}&cle={new_id()}"
    client.get(url, as_="alice")
    empty = client.post(url, as_="alice", status=422).text
    assert "Choisissez\u00a0: offertes, ou payées." in empty
    form = {
        "regime": "volunteering", "day": str(that_day()), "starts": "09:00", "minutes": "1 h",
        "activity": "Jardin",
    }  # fmt: skip
    page = client.post(url, form, as_="alice", status=422).text
    assert "Dites d’abord à quelle heure" in page
    found = re.search(rf'href="([^"]*/echanges/{gift}/debut/[^"]+)"', page)
    assert found
    start = found[1].replace("&amp;", "&")
    client.get(start, as_="alice")
    client.post(start, as_="alice", status=422)
    back = client.post(start, {"starts": "11:00", "minutes": "60"}, as_="alice").location
    page = client.get(back, as_="alice").text
    assert 'value="Jardin"' in page
    assert 'value="09:00"' in page
    listed = client.post(back, form, as_="alice").location
    assert client.post(back, form, as_="alice").location == listed
    page = client.get(listed, as_="alice").text
    assert "C’est noté\u00a0: Bernadette, 1\u00a0h." in page
    assert "Les retirer" in page
    assert "1 à 1 sur 1" in page
    for query, seen in {
        "q=jardin": True,
        "q=yann": False,
        "regime=paid": False,
        f"du={that_day()}": True,
        f"du={today()}&au={that_day()}": True,
    }.items():
        assert ("sur 1<" in client.get(f"{listed}?{query}", as_="carole").text) == seen, query
    sheet = client.get(f"{listed}?format=csv", as_="carole").data.decode("utf-8-sig")
    assert f"{that_day()};09:00;60;Bernadette;Bénévolat" in sheet
    for sort in ("nom", "-duree", "date"):
        client.get(f"{listed}?tri={sort}", as_="alice")
    clash = client.post(
        f"{REGIMES}/nouveau?membre={a}", {**form, "minutes": "3 h"}, as_="alice", status=422
    )
    assert "Une heure ne compte qu’une fois." in clash.text
    assert "À dire d’abord" not in clash.text
    undo = re.search(r'action="([^"]+/retrait)"', page)
    assert undo
    client.post(undo[1], as_="alice")
    assert "Notez de premières heures" in client.get(listed, as_="alice").text


def test_an_exchange_that_meets_volunteering_asks_for_its_start(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        declare_hours(alice, volunteered(a, 9))
        db.session.commit()
    url = f"/ascs/heures/echanges/nouveau?donne={a}&recoit={b}&cle={new_id()}"
    form = {"minutes": "60", "day": str(that_day())}
    page = client.post(url, form, as_="alice", status=422).text
    assert "à quelle heure l’échange a commencé" in page
    assert '<details class="mt-4" open>' in page
    client.post(url, {**form, "starts": "09:30"}, as_="alice", status=422)
    client.post(url, {**form, "starts": "10:00"}, as_="alice")


def test_wrong_roles_and_other_peoples_ids(client: Client, cast: Cast) -> None:
    a, *_ = join(cast).values()
    theirs = join(cast, "Paul", who="denis")["Paul"]
    denis = cast.actor("denis")
    with tenant_context(denis.tenant_id):
        hours = volunteered(theirs, 9)
        declare_hours(denis, hours)
        db.session.commit()
    client.post(f"{REGIMES}/{hours.id}/retrait", as_="alice", status=404)
    client.get(f"{REGIMES}/nouveau", as_="carole", status=403)
    client.post(f"{REGIMES}/nouveau?membre={a}", as_="carole", status=403)
    for typed in ("999", "un", "1", "99999999999"):
        client.get(f"{REGIMES}/nouveau?membre={typed}", as_="alice", status=404)


def test_the_place_of_the_hours_and_the_home(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/ascs/heures/", as_="alice").text
    assert "Inscrivez une première personne" in page
    assert "échangées en" not in client.get("/ascs/", as_="alice").text
    a, b, *_ = join(cast).values()
    assert "Aucun échange pour le moment" in client.get("/ascs/heures/", as_="alice").text
    exchange(cast, a, b, 90)
    page = client.get("/ascs/heures/", as_="alice").text
    assert "Bernadette a donné 1\u00a0h\u00a030 à Yann" in page
    assert "/ascs/heures/echanges/nouveau" in page
    assert "/ascs/heures/echanges/nouveau" not in client.get("/ascs/heures/", as_="carole").text
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        call(
            "ledger_place_hold", p_id=new_id(), p_debit=a, p_credit=b, p_minutes=30, p_on=that_day(),
            p_wording="", p_expires=now() + timedelta(days=9), p_operator=operator_of(alice),
        )  # fmt: skip
        db.session.commit()
    assert "1\u00a0échange à confirmer" in client.get("/ascs/taches", as_="alice").text
    assert "Échanges à confirmer\u00a0: 1" in client.get("/ascs/heures/", as_="alice").text
    with tenant_context(alice.tenant_id):
        receiver = find_member_of(a)
        assert receiver
        receiver.reach("bernadette@exemple.fr", None)
        db.session.commit()
    assert "à confirmer" not in client.get("/ascs/taches", as_="alice").text
    monkeypatch.setattr(home_routes, "PATIENCE", timedelta(0))
    assert "1\u00a0échange à confirmer" in client.get("/ascs/taches", as_="alice").text
    assert "à confirmer" not in client.get("/ascs/taches", as_="carole").text
    home = client.get("/ascs/", as_="bob").text
    assert "1\u00a0h\u00a030" in home
    assert "échangées en" in home


def test_the_home_tells_a_reader_nothing_of_few(client: Client, cast: Cast) -> None:
    a, b, *others = join(cast).values()
    assert "Rien n’est encore noté en" in client.get("/ascs/", as_="carole").text
    exchange(cast, a, b, 90)
    home = client.get("/ascs/", as_="carole").text
    assert "1\u00a0h\u00a030" not in home
    assert "Moins de 5 personnes ont échangé en" in home
    for other in others[:3]:
        exchange(cast, a, other, 30)
    assert "3\u00a0h" in client.get("/ascs/", as_="carole").text
