"""Several sessions at once on one register, in an order that a seed decides.

    python -m tests.reciprocity.scheduler --acts 100000 --seed 7

Each turn, the seed draws a session, what it does and on what: begin, an act, another act, commit, roll back,
or crash: between two statements, in the middle of one, while it waits for another session, or right after it
said commit, when nobody knows whether it did. Acts are drawn again as they were, as a client does that got no
answer. One turn ends when every session has its answer or waits for a lock that another holds
(`pg_blocking_pids`), so nothing depends on how fast the machine is.

What the seed decides alone: the turns, the acts and their order. What it does not: of two sessions that
waited for one row, which goes first, and whether a commit cut in the middle was done; the answers may then
differ, and each is judged for what it is.

Each answer is what the model answers on what is committed and the session's own writings, at the moment of
the answer. At times, and at the end of each round, the register holds what the model holds, and all that is
ever true of a register is true of this one. Acts of one transaction each never wait in a circle.
"""

# ruff: noqa: S311 chance is not a secret
from __future__ import annotations

import argparse
import select
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psycopg
from psycopg import pq

from app.reciprocity.commands.ledger import REFUSED
from launcher.servers import Servers
from migrations.rls import APP
from tests.architecture.databases import Scratch
from tests.reciprocity import acts
from tests.reciprocity.books import HERE, PROJECT, Books, migrated, named
from tests.reciprocity.invariants import find_faults
from tests.reciprocity.machine import differences, start
from tests.reciprocity.model import Act, Key, Writings
from tests.reciprocity.rules import judge

SESSIONS = 6
ROUND = 2000
"""Acts on one register; then the next one is opened."""
CHECK = 500
"""Acts between two looks at the whole register."""
MOST = 3
"""Acts of one transaction."""
DEADLOCK = "40P01"


class Broken(AssertionError):
    """The register did what it must not."""


@dataclass(eq=False)
class Session:
    """A connection, and what its transaction did so far."""

    scratch: Scratch
    connection: psycopg.Connection = field(init=False)
    writings: Writings = field(default_factory=dict)
    acts: int = 0
    asked: Act | None = None
    waited: bool = False
    stale: Writings = field(default_factory=dict)
    number: str | None = None
    """Of its transaction, once it wrote."""
    heard: list[pq.abc.PGresult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection = self.scratch.connect(APP, autocommit=True)
        self.pid = self.connection.info.backend_pid

    @property
    def open(self) -> bool:
        """Whether it is inside a transaction."""
        return self.acts > 0

    def say(self, sql: str) -> None:
        """Send statements, and do not wait for their answer."""
        self.connection.pgconn.send_query(sql.encode())

    def hear(self, seconds: float) -> list[pq.abc.PGresult] | None:
        """The answers to all that was said, None while they are not there."""
        wire = self.connection.pgconn
        while True:
            if wire.is_busy():
                if not select.select([wire.socket], [], [], seconds)[0]:
                    return None
                wire.consume_input()
            elif (result := wire.get_result()) is None:
                heard, self.heard = self.heard, []
                return heard
            else:
                self.heard.append(result)

    def forget(self) -> None:
        """The transaction is over."""
        self.writings, self.acts, self.asked, self.number = {}, 0, None, None
        self.waited, self.stale = False, {}


class Schedule:
    """The sessions on one register, and the model of it."""

    def __init__(
        self, books: Books, seed: int, *, sessions: int = SESSIONS, most: int = MOST
    ) -> None:
        self.most, self.circle = most, set[int]()
        self.books, self.seed, self.random = books, seed, Random(seed)
        self.chance = Random(~seed)
        self.monitor = books.admin
        self.sessions = [Session(books.scratch) for _ in range(sessions)]
        self.trace: deque[str] = deque(maxlen=40)
        self.counted: Counter[str] = Counter()

    def close(self) -> None:
        """Leave no connection behind."""
        for session in self.sessions:
            session.connection.close()

    def run(self, number: int) -> Counter[str]:
        """Have that many acts done, in rounds; what happened, counted. Raises Broken."""
        done = 0
        while done < number:
            done += self.round(min(ROUND, number - done), series=done + 1)
        return self.counted

    def round(self, number: int, series: int) -> int:
        """Some acts on a new register, to the end of every transaction; how many."""
        self.register, self.draw = start(self.books)
        self.draw.series = series
        # It reads whom it will change before it waits: the machine tries it, alone.
        del self.draw.weights[acts.default_limits]
        before, looked = self.counted["acts"], 0
        try:
            while (done := self.counted["acts"] - before) < number:
                self.turn()
                if done - looked >= CHECK:
                    self.look()
                    looked = done
            for session in self.sessions:
                self.crash(session)
            self.look()
        except AssertionError as error:
            raise Broken("\n".join([f"seed {self.seed}", *self.trace, str(error)])) from error
        return done

    def turn(self) -> None:
        """One session does one thing; then everyone has an answer, or waits for another."""
        which = self.random.randrange(len(self.sessions))
        session, chance = self.sessions[which], self.random.random()
        if session.asked and chance > 0.05:
            return  # It waits, and goes on waiting.
        if session.asked:
            self.note(which, "crashes while it waits")
            self.crash(session)
        elif not session.open or (chance < 0.35 and session.acts < self.most):
            act = self.draw.act(self.chance)
            self.note(which, str(act))
            self.ask(session, act)
            if chance < 0.01:
                self.note(which, "crashes in the middle of it")
                self.crash(session)
        elif chance < 0.87:
            self.note(which, "commits")
            self.commit(session)
        elif chance < 0.94:
            self.note(which, "rolls back")
            self.wait(session, "ROLLBACK")
            session.forget()
        elif chance < 0.97:
            self.note(which, "crashes between two statements")
            self.crash(session)
        else:
            self.note(which, "crashes as it commits")
            self.crash_at_commit(session)
        self.settle(session if session.asked and session in self.sessions else None)

    def ask(self, session: Session, act: Act) -> None:
        """Send an act, in a transaction that is begun if need be, under a savepoint as `call` does."""
        begin = "" if session.open else f"BEGIN; SET LOCAL app.tenant_id = '{HERE}';"
        cursor = psycopg.ClientCursor(self.monitor)
        statement = f"SELECT *, pg_current_xact_id_if_assigned() FROM {act.function}({named(act.arguments)})"  # noqa: S608
        session.asked, session.waited = act, False
        read: list[Key] = [("closed_through",)]
        if act.function == "ledger_place_hold":
            read += [("account", act.arguments["p_credit"]), ("transfer", act.arguments["p_id"])]
        session.stale = {key: self.register.state.get(key) for key in read}
        session.acts += 1
        self.counted["acts"] += 1
        session.say(f"{begin} SAVEPOINT act; {cursor.mogrify(statement, act.arguments)}")

    def settle(self, asked: Session | None) -> None:
        """Wait until each session that asked has its answer, or waits for one that will not move."""
        patience = 0.0
        if asked and (answer := asked.hear(0.005)) is not None:
            self.compare(asked, answer)
        while waiting := [s for s in self.sessions if s.asked]:
            select.select([s.connection.pgconn.socket for s in waiting], [], [], patience)
            for session in waiting:
                if (answer := session.hear(0)) is not None:
                    self.compare(session, answer)
            if self._all_blocked([s for s in waiting if s.asked]):
                return
            patience = min(0.02, patience * 2 + 0.0005)

    def _all_blocked(self, waiting: Sequence[Session]) -> bool:
        """Whether each waits for a lock, none of them in a circle, which PostgreSQL is about to cut."""
        blockers: dict[int, set[int]] = {
            pid: set(others)
            for pid, others in self.monitor.execute(
                "SELECT pid, pg_blocking_pids(pid) FROM unnest(%s::int[]) AS pid",
                ([session.pid for session in waiting],),
            )
        }
        if not all(blockers.values()):
            return False
        for session in waiting:
            session.waited = True
        free = {pid for others in blockers.values() for pid in others} - set(blockers)
        while freed := {pid for pid, others in blockers.items() if others & free} - free:
            free |= freed
        self.circle = set(blockers) - free
        return not self.circle

    def compare(self, session: Session, results: Sequence[pq.abc.PGresult]) -> None:
        """Compare an answer with the model's; keep what the act wrote."""
        act, session.asked = session.asked, None
        assert act is not None
        last = results[-1]
        if last.status == pq.ExecStatus.FATAL_ERROR:
            state = (last.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
            message = (last.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
            if state == DEADLOCK:
                self.cut(session)
                return
            assert state == REFUSED, f"{act}: {state} {message}"
            answer: list[str] = [f"no: {message}"]
            self.wait(session, "ROLLBACK TO SAVEPOINT act")
        else:
            answer = [(last.get_value(row, 0) or b"").decode() for row in range(last.ntuples)]
            session.number = (
                (last.get_value(0, 1) or b"").decode() if last.ntuples else session.number
            )
        expected, writings = self._expect(session, act, answer)
        assert answer == expected, f"{act}: {answer}, not {expected}"
        self.counted[answer[0] if answer[0].startswith("no: ") else f"{act.function}: done"] += 1
        self.counted["waited"] += session.waited
        session.writings |= writings

    def _expect(self, session: Session, act: Act, answer: list[str]) -> tuple[list[str], Writings]:
        """What the model answers; for an act that waited, also on what it may have read before."""
        expected, writings = judge(self.register, act, session.writings)
        if _text(expected) != answer and session.waited:
            if answer == ["no: day_sealed"]:
                return answer, {}
            stale = {k: v for k, v in session.stale.items() if k not in session.writings}
            expected, writings = judge(self.register, act, session.writings, stale=stale)
        return _text(expected), writings

    def cut(self, session: Session) -> None:
        """PostgreSQL cut a circle: only transactions of several acts may make one."""
        several = any(s.acts > 1 for s in self.sessions if s.pid in self.circle or not self.circle)
        assert several, "acts of one transaction each waited in a circle"
        self.counted["circles of transactions of several acts"] += 1
        self.wait(session, "ROLLBACK")
        session.forget()

    def commit(self, session: Session) -> None:
        """Commit, and make it everyone's in the model."""
        self.wait(session, "COMMIT")
        self.counted["commits"] += 1
        self.register.commit(session.writings)
        session.forget()

    def crash_at_commit(self, session: Session) -> None:
        """Say commit, and die: the number of the transaction tells afterwards whether it did."""
        number, writings = session.number, session.writings
        self.counted["crashes as it commits"] += 1
        session.say("COMMIT")
        self.crash(session)
        if number and self.books.ask("SELECT pg_xact_status(%s::xid8)", number) == "committed":
            self.counted["commits nobody heard of"] += 1
            self.register.commit(writings)

    def crash(self, session: Session) -> None:
        """Kill its server process, wherever it stands; a new session takes its place."""
        self.monitor.execute("SELECT pg_terminate_backend(%s)", (session.pid,))
        while self.books.ask("SELECT pid FROM pg_stat_activity WHERE pid = %s", session.pid):
            time.sleep(0.001)
        session.connection.close()
        self.counted["crashes"] += 1
        self.sessions[self.sessions.index(session)] = Session(self.books.scratch)

    def wait(self, session: Session, sql: str) -> None:
        """Say it, and wait for it to be done: nothing of this kind waits for a lock."""
        session.say(sql)
        while (results := session.hear(1)) is None:
            pass
        done = results[-1].status == pq.ExecStatus.COMMAND_OK
        assert done, f"{sql}: {results[-1].error_message.decode()}"

    def look(self) -> None:
        """The whole register, as it is committed."""
        assert (faults := find_faults(self.monitor)) == [], faults
        assert (found := differences(self.books, self.register)) == [], found
        self.counted["looks at the whole register"] += 1

    def note(self, which: int, what: str) -> None:
        """Remember a turn, to tell it should the register break."""
        self.trace.append(f"{which}: {what}")


def _text(answer: Any) -> list[str]:
    values = answer if isinstance(answer, list) else [answer]
    return [str(value) for value in values]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it on a database of its own, and say what happened."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--acts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with (
        Servers(PROJECT / "var" / "test", fsync=False, environ={}) as servers,
        migrated(servers, "bulles_ledger_scheduler") as scratch,
    ):
        books = Books(scratch)
        schedule = Schedule(books, options.seed)
        try:
            counted = schedule.run(options.acts)
        finally:
            schedule.close()
            books.close()
    for line in _report(counted):
        print(line)  # noqa: T201
    print(f"{counted['acts']} acts in {time.monotonic() - began:.0f} s, no fault.")  # noqa: T201


def _report(counted: Counter[str]) -> Iterator[str]:
    for what, times in sorted(counted.items()):
        yield f"{times:>8}  {what}"


if __name__ == "__main__":
    main()
