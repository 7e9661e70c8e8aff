"""Hours between two organisations: agreeing, exchanging, correcting, and what is refused."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import NoResultFound

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.deliveries import Delivery, deliver
from app.core.errors import DomainError
from app.core.permissions import Forbidden
from app.reciprocity.commands.clearing import (
    LIMIT,
    ReceivedHelp,
    read_code,
    receive_limit,
    record_received_help,
    resume,
    reverse_visit,
    say_limit,
)
from app.reciprocity.commands.ledger import LedgerRefusal
from app.reciprocity.models import Mirror, MirrorState
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.clearing import find_mirror, get_pair, get_visit
from tests.factories import clearing as make
from tests.factories.cast import Cast
from tests.factories.reciprocity import join
from tests.factories.work import do_work, failures


@dataclass
class Two:
    """The ASCS (Alice) and the CCAS (Denis), agreed on ten hours; one member each, by account and code."""

    cast: Cast
    here: int
    there: int
    here_code: str
    there_code: str

    def help(self, minutes: int = 60) -> ReceivedHelp:
        """Bernadette, of the ASCS, received from Paul, of the CCAS."""
        peer = self.cast.home("denis").id
        return ReceivedHelp(new_id(), self.here, peer, self.there_code, minutes, today())

    def balances(self) -> tuple[int, int, int, int]:
        """Bernadette, what the ASCS owes the CCAS; what the CCAS owes the ASCS, Paul."""
        with tenant_context(self.cast.home("alice").id):
            ours = get_account(self.here).balance
        with tenant_context(self.cast.home("denis").id):
            theirs = get_account(self.there).balance
        there = make.mirror_balance(self.cast, "denis", "alice")
        return ours, make.mirror_balance(self.cast, "alice", "denis"), there, theirs


@pytest.fixture
def two(cast: Cast) -> Two:
    here, there = join(cast, "Bernadette")["Bernadette"], join(cast, "Paul", who="denis")["Paul"]
    make.agree(cast)
    codes = make.code_of(cast, "alice", here), make.code_of(cast, "denis", there)
    return Two(cast, here, there, *codes)


def refused(two: Two, who: str, help_: ReceivedHelp) -> LedgerRefusal:
    """What is said to `who`, after which nothing moved."""
    before = two.balances()
    actor = two.cast.actor(who)
    with tenant_context(actor.tenant_id), pytest.raises(LedgerRefusal) as refusal:
        record_received_help(actor, help_)
    assert two.balances() == before
    return refusal.value


def list_unread(reader_id: uuid.UUID) -> list[uuid.UUID]:
    """The letters about limits that an organisation got, in order."""
    statement = db.select(Delivery.id).where(
        Delivery.tenant_id == reader_id, Delivery.kind == LIMIT
    )
    return list(db.session.scalars(statement.order_by(Delivery.version)))


def test_the_smaller_of_the_two_limits_holds_whoever_speaks_first(cast: Cast) -> None:
    make.say(cast, "alice", "denis", 600)
    make.say(cast, "denis", "alice", 300)  # before having read
    do_work()
    for one, other in (("alice", "denis"), ("denis", "alice")):
        with tenant_context(cast.home(one).id):
            pair = get_pair(cast.home(other).id)
            assert (pair.mirror.state, pair.mirror.limit_minutes) == (MirrorState.AGREED, 300)
            account = get_account(pair.mirror.account_no or 0)
            assert (account.floor, account.ceiling, account.kind) == (-300, 300, "mirror")
    make.say(cast, "denis", "alice", 900)
    do_work()
    with tenant_context(cast.home("alice").id):
        assert get_pair(cast.home("denis").id).mirror.limit_minutes == 600
    assert failures() == []


def test_a_proposal_is_declined_and_taken_up_again(cast: Cast) -> None:
    make.say(cast, "alice", "denis", 600)
    do_work()
    with tenant_context(cast.home("denis").id):
        assert get_pair(cast.home("alice").id).mirror.state == MirrorState.RECEIVED
    make.say(cast, "denis", "alice", None)
    do_work()
    for one, other in (("alice", "denis"), ("denis", "alice")):
        with tenant_context(cast.home(one).id):
            assert get_pair(cast.home(other).id).mirror.state == MirrorState.DECLINED
    make.say(cast, "denis", "alice", 120)
    do_work()
    with tenant_context(cast.home("alice").id):
        assert get_pair(cast.home("denis").id).mirror.limit_minutes == 120


def test_who_agrees_and_on_what(cast: Cast) -> None:
    bob, alice = cast.actor("bob"), cast.actor("alice")
    ccas = cast.home("denis").id
    with tenant_context(bob.tenant_id), pytest.raises(Forbidden):
        say_limit(bob, ccas, 600)
    with tenant_context(alice.tenant_id):
        for peer, minutes in ((ccas, 59), (ccas, 60_001), (ccas, -600), (alice.tenant_id, 600)):
            with pytest.raises(DomainError):
                say_limit(alice, peer, minutes)
        with pytest.raises(NoResultFound):
            resume(alice, ccas)
        assert find_mirror(ccas) is None


def test_an_exchange_is_noted_in_both_registers_once(two: Two) -> None:
    alice, help_ = two.cast.actor("alice"), two.help(90)
    with tenant_context(alice.tenant_id):
        assert record_received_help(alice, help_) == "posted"
        assert record_received_help(alice, help_) == "exists"
        db.session.commit()
        visit = get_visit(help_.id)
        assert (visit.name, visit.code, visit.we_received) == ("Bernadette", two.there_code, True)
    assert two.balances() == (-90, 90, -90, 90)
    for change in ({"minutes": 60}, {"happened_on": today() - timedelta(days=1)}):
        assert refused(two, "alice", replace(help_, **change)).code.startswith("exists_with")
    with tenant_context(two.cast.home("denis").id):
        [seen] = db.session.execute(
            db.text("SELECT transfer_id, pseudonym FROM clearings WHERE peer_id = :p"),
            {"p": alice.tenant_id},
        )
        assert seen.pseudonym == two.here_code
        visit = get_visit(seen.transfer_id)
        assert (visit.name, visit.peer_name, visit.we_received) == (
            "Paul", "ASCS", False,
        )  # fmt: skip


def test_the_limit_holds_on_both_sides_and_both_ways(two: Two) -> None:
    make.visit(two.cast, "alice", two.here, "denis", two.there_code, 600)
    assert refused(two, "alice", two.help(1)).code == "pair_limit"
    back = ReceivedHelp(
        new_id(), two.there, two.cast.home("alice").id, two.here_code, 1200, today()
    )
    denis = two.cast.actor("denis")
    with tenant_context(denis.tenant_id):
        assert record_received_help(denis, back) == "posted"
        db.session.commit()
    assert two.balances() == (600, -600, 600, -600)
    more = replace(back, id=new_id(), minutes=1)
    assert refused(two, "denis", more).code == "pair_limit"


def test_one_side_alone_agrees_to_nothing(two: Two) -> None:
    make.say(
        two.cast, "denis", "alice", None
    )  # the letter is not read: Alice still believes they agree
    assert refused(two, "alice", two.help()).code == "no_agreement"
    do_work()
    assert refused(two, "alice", two.help()).code == "no_agreement"
    denis = two.cast.actor("denis")
    with tenant_context(denis.tenant_id):
        resume(denis, two.cast.home("alice").id)
        db.session.commit()
    assert refused(two, "alice", two.help()).code == "no_agreement"
    do_work()
    make.visit(two.cast, "alice", two.here, "denis", two.there_code)
    assert two.balances() == (-60, 60, -60, 60)


def test_a_side_that_writes_its_own_row_agreed_is_alone(cast: Cast) -> None:
    here, there = join(cast, "Bernadette")["Bernadette"], join(cast, "Paul", who="denis")["Paul"]
    code = make.code_of(cast, "denis", there)
    make.say(cast, "alice", "denis")
    with tenant_context(cast.home("alice").id):
        mirror = db.session.scalars(db.select(Mirror)).one()
        mirror.theirs_minutes = mirror.limit_minutes = 600
        mirror.account_no, mirror.state = 1, MirrorState.AGREED
        db.session.commit()
    two = Two(cast, here, there, "", code)
    assert refused(two, "alice", two.help()).code == "no_agreement"


def test_letters_are_what_their_sender_wrote_and_the_latest_wins(cast: Cast) -> None:
    make.say(cast, "alice", "denis")
    fanny, denis = cast.home("fanny").id, cast.home("denis").id
    with tenant_context(fanny):
        # In the name of the CCAS, without limit, and with words instead of a number.
        deliver(cast.home("alice").id, LIMIT, denis, {"minutes": 600}, version=9)
        for minutes in (10**9, "600", True, -1):
            deliver(denis, LIMIT, fanny, {"minutes": minutes}, version=9)
        db.session.commit()
    do_work()
    assert failures() == []
    with tenant_context(cast.home("alice").id):
        assert get_pair(denis).mirror.state == MirrorState.PROPOSED
        assert get_pair(fanny).mirror.state == MirrorState.RECEIVED
    with tenant_context(denis):
        assert find_mirror(fanny) is None


def test_letters_read_in_any_order_leave_the_latest_word(cast: Cast) -> None:
    make.say(cast, "alice", "denis")
    for minutes in (300, None, 420):
        make.say(cast, "denis", "alice", minutes)
    with tenant_context(cast.home("alice").id):
        letters = list_unread(cast.home("alice").id)
        assert len(letters) == 3
        for letter in (letters[2], letters[0], letters[1]):
            receive_limit(letter)
        mirror = get_pair(cast.home("denis").id).mirror
        assert (mirror.state, mirror.limit_minutes) == (MirrorState.AGREED, 420)


def test_codes_and_accounts_of_others_are_of_no_use(two: Two) -> None:
    michel = join(two.cast, "Michel", who="fanny")["Michel"]
    stranger = make.code_of(two.cast, "fanny", michel)
    for code in (stranger, two.here_code, "AAAAAAAA"):
        refusal = refused(two, "alice", replace(two.help(), code=code))
        assert (refusal.code, refusal.detail) == ("unknown_code", "")
    for debit in (99, 2):
        assert refused(two, "alice", replace(two.help(), receiver=debit)).code in {
            "unknown_account", "wrong_account_kind",
        }  # fmt: skip
    fanny = two.cast.home("fanny").id
    assert refused(two, "alice", replace(two.help(), peer_id=fanny)).code == "no_agreement"
    ours = two.cast.home("alice").id
    assert refused(two, "alice", replace(two.help(), peer_id=ours)).code == "no_agreement"
    for code in ("", "ABC", "ABCDEFG0", "ABCDEFGHJ", "ÀBCDEFGH"):
        with pytest.raises(DomainError):
            read_code(code)
    assert read_code(" abcd-efgh ") == "ABCDEFGH"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"minutes": 0}, "minutes_not_positive"),
        ({"minutes": -60}, "minutes_not_positive"),
        ({"minutes": 1441}, "too_long"),
        ({"happened_on": date.max}, "future_day"),
        ({"happened_on": date.min}, "day_sealed"),
    ],
)
def test_durations_and_days_that_cannot_be(two: Two, change: dict[str, object], code: str) -> None:
    assert refused(two, "alice", replace(two.help(), **change)).code == code  # type: ignore[arg-type]


def test_a_correction_undoes_both_halves_once_from_either_side(two: Two) -> None:
    cast = two.cast
    help_id = make.visit(cast, "alice", two.here, "denis", two.there_code, 90)
    make.say(cast, "denis", "alice", None)  # even suspended
    alice, denis, carole = (cast.actor(who) for who in ("alice", "denis", "carole"))
    with tenant_context(carole.tenant_id), pytest.raises(Forbidden):
        reverse_visit(carole, help_id, "Noté deux fois")
    with tenant_context(denis.tenant_id):
        twin = db.session.scalar(db.text("SELECT transfer_id FROM clearings"))
        with pytest.raises(LedgerRefusal) as refusal:
            reverse_visit(denis, twin, "  ")
        assert refusal.value.code == "reason_needed"
        assert reverse_visit(denis, twin, "Noté deux fois") == "posted"
        db.session.commit()
    assert two.balances() == (0, 0, 0, 0)
    with tenant_context(alice.tenant_id):
        assert reverse_visit(alice, help_id, "Noté deux fois") == "exists"
        assert get_visit(help_id).is_reversed
        reversal = db.session.scalar(db.text("SELECT reversal_id FROM reversals"))
        with pytest.raises(NoResultFound):
            reverse_visit(alice, reversal, "Noté deux fois")
    assert two.balances() == (0, 0, 0, 0)


def test_each_side_sees_its_own_rows_alone(two: Two) -> None:
    help_id = make.visit(two.cast, "alice", two.here, "denis", two.there_code, 90)
    for who in ("denis", "fanny"):
        with tenant_context(two.cast.home(who).id):
            for table in ("transfers", "clearings"):
                column = "id" if table == "transfers" else "transfer_id"
                statement = f"SELECT count(*) FROM {table} WHERE {column} = :id"  # noqa: S608
                assert db.session.scalar(db.text(statement), {"id": help_id}) == 0
            ours = "SELECT count(*) FROM clearings WHERE pseudonym = :code"
            expected = int(who == "denis")
            found = db.session.scalar(db.text(ours), {"code": two.here_code})
            assert found == expected
            leaked = "SELECT count(*) FROM mirrors WHERE tenant_id <> :me"
            me = two.cast.home(who).id
            assert db.session.scalar(db.text(leaked), {"me": me}) == 0
