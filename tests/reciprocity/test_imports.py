"""Files taken over: read whatever their form, tried line by line, all of it or nothing, again and again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.core import jobs
from app.core.audit import AuditEvent
from app.core.clock import now, today
from app.core.db import db, new_id, tenant_context
from app.core.errors import DomainError
from app.core.jobs import OutboxRow
from app.core.listing import to_csv
from app.core.permissions import Forbidden
from app.core.text import long_date
from app.reciprocity.commands import accounts
from app.reciprocity.commands.accounts import Terms, set_limits, set_terms
from app.reciprocity.commands.exchanges import Exchange, record_exchange
from app.reciprocity.commands.imports import (
    KEPT,
    Upload,
    accept_import,
    exchanges,
    forget_imports,
    retry_import,
    start_import,
)
from app.reciprocity.commands.imports.table import decode, read_rows
from app.reciprocity.commands.members import MemberSheet, join_member, leave_member
from app.reciprocity.models import (
    NO_LIMIT,
    Account,
    AccountLimit,
    Entry,
    ExchangeNote,
    ImportRun,
    Ledger,
    Member,
    Offer,
    Transfer,
)
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.imports import get_run
from tests.factories.cast import Cast

FILES = Path(__file__).parent / "files"
HEADER = "Jour;Qui a donné;Qui a reçu;Durée"


class Office:
    """Alice's office, where files are brought and the worker runs."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.alice = cast.actor("alice")

    def join(self, *names: str) -> dict[str, int]:
        """New members: name → account number."""
        return {name: join_member(self.alice, MemberSheet(name)).account_no for name in names}

    def note(self, giver: int, receiver: int, minutes: int) -> None:
        """An exchange of today."""
        record_exchange(self.alice, Exchange(new_id(), giver, receiver, minutes, today()))

    def bring(
        self, kind: str, content: str | bytes, source: str = "table", **chosen: object
    ) -> ImportRun:
        """Bring a file, and have it tried."""
        data = content.encode() if isinstance(content, str) else content
        run = start_import(self.alice, Upload(kind, source, f"{kind}.csv", data, **chosen))  # type: ignore[arg-type]
        return self.work(run)

    def take(
        self, kind: str, content: str | bytes, source: str = "table", **chosen: object
    ) -> ImportRun:
        """Bring a file that has no fault, and take it in."""
        run = self.bring(kind, content, source, **chosen)
        assert run.state == "tried", run.report
        return self.accept(run)

    def accept(self, run: ImportRun, **chosen: bool) -> ImportRun:
        """Take in a file that was tried."""
        return self.work(accept_import(self.alice, run.id, **chosen))

    def work(self, run: ImportRun) -> ImportRun:
        """Let the worker do what waits."""
        run_id, tenant_id = run.id, self.alice.tenant_id
        waiting = sa.select(OutboxRow.id).where(
            OutboxRow.done_at.is_(None), OutboxRow.name.contains("import")
        )
        db.session.commit()
        for row_id in db.session.scalars(waiting).all():
            name = db.session.get_one(OutboxRow, row_id).name
            jobs.JOBS[name](**db.session.get_one(OutboxRow, row_id).args)
            db.session.get_one(OutboxRow, row_id).done_at = now()
        db.session.commit()
        assert tenant_id == self.alice.tenant_id
        return get_run(run_id)

    def balances(self) -> dict[str, int]:
        """Minutes, by name of member."""
        rows = sa.select(Member.name, Account.balance).join(
            Account, (Account.tenant_id == Member.tenant_id) & (Account.number == Member.account_no)
        )
        return dict(db.session.execute(rows).all())


@pytest.fixture
def office(cast: Cast) -> Iterator[Office]:
    """The office of the ASCS."""
    with tenant_context(cast.actor("alice").tenant_id):
        yield Office(cast)


def count(model: type) -> int:
    """How many rows."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def told(run: ImportRun, status: str) -> list[tuple[int, str]]:
    """The lines of a report."""
    return [(line["line"], line["sentence"]) for line in run.report if line["status"] == status]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_table_is_read_whatever_saved_it(separator: str, encoding: str, ending: str) -> None:
    lines = [["Prénom", "Goûts"], [], ["Zoé", f'"a{separator}b"']]
    text = ending.join(separator.join(cells) for cells in lines)
    rows = list(read_rows(decode(text.encode(encoding))))
    told_apart = " ".join(f"a{separator}b".split())
    assert [(row.line, row.cells) for row in rows] == [(1, lines[0]), (3, ["Zoé", told_apart])]


@given(
    st.lists(st.lists(st.text('abc;,"\t=+-é\n', max_size=6), min_size=2, max_size=2), max_size=8)
)
def test_what_we_write_we_read_again(table: list[list[str]]) -> None:
    rows = list(read_rows(decode(to_csv(["Un;deux", "b"], table))))[1:]
    wanted = [row for row in table if any(cell.strip() for cell in row)]
    assert [[" ".join(cell.split()) for cell in row.cells] for row in rows] == [
        [" ".join(cell.split()) for cell in row] for row in wanted
    ]


def test_what_is_no_table_is_said(office: Office) -> None:
    with pytest.raises(DomainError, match="format CSV"):
        office.bring("members", b"PK\x03\x04\0\0")
    assert told(office.bring("members", ""), "error") == [(1, "Ce fichier est vide.")]
    assert "« Nom »" in told(office.bring("members", "Ville;Âge\nDijon;3"), "error")[0][1]
    assert "guillemet" in told(office.bring("members", 'Nom\n"Zoé'), "error")[0][1]
    run = office.bring("exchanges", "a,b,c\n1,2,3", "timeoverflow")
    assert "3 colonnes" in told(run, "error")[0][1]


def test_only_who_administers_takes_files_in(office: Office, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        start_import(cast.actor("bob"), Upload("members", "table", "m.csv", b"Nom\nZoe"))


def test_a_time_bank_comes_over_from_timeoverflow(office: Office) -> None:
    bulle_id = office.cast.bulle.id
    members = (FILES / "timeoverflow_members.csv").read_bytes()
    run = office.take("members", members, "timeoverflow", bulle_id=bulle_id)
    assert (run.state, run.lines, run.fresh, run.known, run.content) == ("done", 3, 3, 0, None)
    fatima = db.session.scalars(sa.select(Member).where(Member.name.contains("Fatima"))).one()
    assert (fatima.name, fatima.email) == ('Fatima "Fati" Benali', "fatima@exemple.fr")
    assert (fatima.joined_on, fatima.bulle_id) == (date(2021, 1, 1), bulle_id)
    offers = (FILES / "timeoverflow_offers.csv").read_bytes()
    assert (
        "« Accompagnement »" in told(office.bring("offers", offers, "timeoverflow"), "error")[0][1]
    )
    solidarity = next(c.id for c in list_categories() if c.name == "Solidarité")
    office.take("offers", offers, "timeoverflow", category_id=solidarity)
    titles = db.session.execute(sa.select(Offer.title, Offer.text).order_by(Offer.title)).all()
    assert titles == [
        ("Courses au marché", "Thème d’origine : Accompagnement."),
        ("Marche en forêt", ""),
    ]
    transfers = (FILES / "timeoverflow_transfers.csv").read_bytes()
    tried = office.bring("exchanges", transfers, "timeoverflow")
    assert told(tried, "sample")[0] == (
        2,
        "Le 12\u00a0mars\u00a02021, Yann Le Goff a donné 1\u00a0h\u00a030 à Bernadette Lagarde.",
    )
    office.accept(tried)
    assert office.balances() == {
        "Bernadette Lagarde": 120 - 180,
        "Yann Le Goff": 180 - 30,
        'Fatima "Fati" Benali': -120,
    }
    assert get_account(1).balance == 30
    assert set(db.session.scalars(sa.select(Transfer.kind))) == {"import"}
    days = db.session.scalars(sa.select(Transfer.happened_on).order_by(Transfer.happened_on)).all()
    assert days[2] == date(2022, 5, 9)
    assert count(ExchangeNote) == 3


@pytest.mark.parametrize("kind", ["members", "offers", "exchanges"])
def test_the_same_file_again_adds_nothing_and_a_longer_one_what_is_new(
    office: Office, kind: str
) -> None:
    theme = next(iter(list_categories())).id
    names = {"members": "members", "offers": "offers", "exchanges": "transfers"}
    more = {
        "members": "16,Awa,,,,2024-01-01 10:00:00 UTC,,fr,0\n",
        "offers": "58,Tricot,,Yann Le Goff (2),2022-05-01 08:00:00 UTC\n",
        "exchanges": "2021-03-12 14:05:09 UTC,Bernadette Lagarde (1),Yann Le Goff (2),,1:30\n",
    }
    for before in ("members", kind):
        content = (FILES / f"timeoverflow_{names[before]}.csv").read_text()
        if before != kind or kind == "members":
            office.take(before, content, "timeoverflow", category_id=theme)
    if kind != "members":
        office.take(kind, content, "timeoverflow", category_id=theme)
    again = office.bring(kind, content, "timeoverflow", category_id=theme)
    assert (again.state, again.fresh, again.known) == ("tried", 0, again.lines)
    office.accept(again)
    longer = office.take(kind, content + more[kind], "timeoverflow", category_id=theme)
    assert (longer.fresh, longer.known) == (1, again.known)


def test_a_spreadsheet_of_members_comes_with_what_it_has(office: Office) -> None:
    run = office.take("members", (FILES / "membres_excel.csv").read_bytes())
    assert run.fresh == 2
    ginette = db.session.scalars(sa.select(Member).where(Member.name == "Ginette")).one()
    assert (ginette.phone, ginette.interests) == ("03 80 11 22 33", ["cuisine", "jardin"])
    assert ginette.joined_on == date(2021, 3, 12)


def test_every_faulty_line_is_named_with_how_to_mend_it(office: Office) -> None:
    a = office.join("Bernadette", "Yann", "Yann", "Parti")
    gone = db.session.scalars(sa.select(Member).where(Member.account_no == a["Parti"])).one()
    leave_member(office.alice, gone.id)
    tomorrow = today() + timedelta(days=1)
    table = [
        HEADER,
        "01/02/2020;Bernadette;Zoé;1:00",
        "01/02/2020;Bernadette;Yann;1:00",
        "01/02/2020;Bernadette;Bernadette;1:00",
        f"{tomorrow};Bernadette;Organisation;1:00",
        "1/13/2020;Bernadette;Organisation;1:00",
        ";Bernadette;Organisation;1:00",
        "01/02/2020;;Organisation;1:00",
        "01/02/2020;Bernadette;Organisation;0",
        "01/02/2020;Bernadette;Organisation;25 h",
        "01/02/2020;Bernadette;Organisation;longtemps",
        "01/02/2020;Bernadette;Parti;1:00",
        "01/02/2020;Bernadette;Organisation;1:00",
    ]
    run = office.bring("exchanges", "\n".join(table))
    assert run.state == "refused"
    assert run.faults == 11
    lines = dict(told(run, "error"))
    assert sorted(lines) == list(range(2, 13))
    words = ["Zoé", "Plusieurs", "même personne", "pas encore venu", "21/11/2026", "manque le jour"]
    for number, word in enumerate(words, start=2):
        assert word in lines[number], lines[number]
    assert "n’a plus de compte" in lines[12]
    with pytest.raises(DomainError, match="sans faute"):
        accept_import(office.alice, run.id)
    assert count(Transfer) == 0


def test_all_that_is_wrong_with_a_line_is_said_at_once(office: Office) -> None:
    later = date(today().year + 4, 1, 1)
    members = office.bring(
        "members", f"Nom;E-mail;Bulle;Inscrit le;Parti le\nZoé;zoé;Ailleurs;{later};31/02/2024"
    )
    (said,) = told(members, "error")
    assert said[1] == (
        "« zoé » n’est pas une adresse e-mail. Corrigez-la, ou videz la case."
        f" Le {long_date(later)} n’est pas encore venu. Corrigez ce jour."
        " « 31/02/2024 » n’est pas un jour. Un jour s’écrit 21/11/2026."
        " « Ailleurs » n’est pas une Bulle de votre structure. Corrigez ou videz la case."
    )
    exchanges = office.bring("exchanges", f"{HEADER}\n;;;25 h\n01/02/2020;Zoé;Awa;1 h")
    first, second = (sentence for _, sentence in told(exchanges, "error"))
    for word in ("le jour", "qui a donné", "qui a reçu", "24 h"):
        assert word in first
    assert "« Zoé »" in second
    assert "« Awa »" in second
    offers = office.bring("offers", "Titre;Membre;Publiée le\n;;demain")
    ((_, said_of_it),) = told(offers, "error")
    for word in ("le titre", "son auteur", "« demain »"):
        assert word in said_of_it


def test_one_bad_line_among_many_and_not_one_entry_is_written(office: Office) -> None:
    office.join("Bernadette", "Yann")
    day = date(2020, 1, 1)
    rows = [f"{day + timedelta(days=n % 700)};Bernadette;Yann;0:01" for n in range(1200)]
    rows[777] = "2021-01-01;Bernadette;Yann;une heure"
    bad = office.bring("exchanges", "\n".join([HEADER, *rows]))
    assert told(bad, "error") == [(779, "Une durée s’écrit 1 h 30, 1:30, 90 min ou 1,5 h.")]
    assert count(Entry) == 0
    rows[777] = "2021-01-01;Bernadette;Yann;0:01"
    run = office.take("exchanges", "\n".join([HEADER, *rows]))
    assert (run.state, run.fresh) == ("done", 1200)
    assert office.balances() == {"Bernadette": 1200, "Yann": -1200}


def test_a_refusal_of_the_register_leaves_nothing_and_names_the_line(office: Office) -> None:
    a = office.join("Bernadette", "Yann")
    rows = [f"2020-01-01;Bernadette;Yann;0:0{1 + n % 9}" for n in range(1300)]
    run = office.bring("exchanges", "\n".join([HEADER, *rows]))
    told_lines = told(run, "limit")
    assert run.state == "tried"
    assert "Yann va jusqu’à" in told_lines[0][1]
    office.accept(run, beyond_limits=True)
    other = "\n".join(
        [HEADER, *[f"2019-0{1 + n // 20}-01;Yann;Bernadette;1:00" for n in range(40)]]
    )
    second = office.bring("exchanges", other)
    accept_import(office.alice, second.id)
    set_limits(office.alice, a["Bernadette"], 0, 60_000, "entre-temps")
    office.note(a["Yann"], a["Bernadette"], 1440)
    before = office.balances()
    entries = count(Entry)
    while get_account(a["Bernadette"]).balance > 1440:
        office.note(a["Yann"], a["Bernadette"], 1440)
        before, entries = office.balances(), count(Entry)
    refused = office.work(get_run(second.id))
    assert refused.state == "refused"
    assert "limite" in told(refused, "error")[0][1]
    assert (office.balances(), count(Entry)) == (before, entries)


def test_history_goes_beyond_limits_only_when_told_and_they_are_put_back(office: Office) -> None:
    a = office.join("Bernadette", "Yann")
    rows = "\n".join(
        [HEADER, *["2020-01-01;Bernadette;Yann;10 h"] * 3, "2020-02-01;Yann;Bernadette;4 h"]
    )
    run = office.bring("exchanges", rows)
    assert told(run, "limit") == [
        (
            4,
            "Yann va jusqu’à −30\u00a0h, pour une limite de −20\u00a0h, à partir du "
            + long_date(date(2020, 1, 1))
            + ".",
        )
    ]
    with pytest.raises(DomainError, match="limites"):
        accept_import(office.alice, run.id)
    office.accept(run, beyond_limits=True)
    yann = get_account(a["Yann"])
    assert (yann.balance, yann.floor, yann.own_limits) == (-26 * 60, -20 * 60, False)
    history = db.session.execute(
        sa.select(AccountLimit.since_version, AccountLimit.floor)
        .where(AccountLimit.account_no == a["Yann"])
        .order_by(AccountLimit.since_version, AccountLimit.set_at)
    ).all()
    assert history == [(0, -20 * 60), (0, -30 * 60), (4, -20 * 60)]
    event = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "import.done")
    ).one()
    assert (event.actor_name, event.details["fresh"]) == ("Alice Morel", 4)


def test_days_that_the_register_has_closed_are_not_reopened(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.join("Bernadette", "Yann")
    # As it stands months after it was opened, when only its functions may change it.
    book = Ledger(opened_on=date(2026, 1, 1), closed_through=date(2026, 3, 1))
    monkeypatch.setattr(exchanges, "find_ledger", lambda: book)
    days = ["2025-12-31", "2026-01-01", "2026-03-01", "2026-03-02"]
    run = office.bring(
        "exchanges", "\n".join([HEADER, *[f"{d};Bernadette;Yann;1 h" for d in days]])
    )
    assert [line for line, _ in told(run, "error")] == [3, 4]
    assert "un jour clos" in told(run, "error")[0][1]


def test_the_same_key_with_another_content_is_a_fault(office: Office) -> None:
    office.join("Bernadette", "Yann")
    header = f"Clé;{HEADER}"
    office.take("exchanges", f"{header}\nE1;2020-01-01;Bernadette;Yann;1 h")
    run = office.bring("exchanges", f"{header}\nE1;2020-01-01;Bernadette;Yann;2 h")
    assert told(run, "error") == [(2, "Cet échange est déjà noté, autrement. Rien n’a été ajouté.")]
    double = office.bring("exchanges", f"{header}\nE2;2020-01-01;Bernadette;Yann;2 h\nE2;;;;")
    assert told(double, "error")[0][0] == 3


def test_a_file_brought_twice_is_one_and_an_old_one_is_forgotten(office: Office) -> None:
    first = office.bring("members", "Nom\nZoé\nZoé")
    assert "déjà à la ligne 2" in told(first, "error")[0][1]
    assert office.bring("members", "Nom\nZoé\nZoé").id == first.id
    assert forget_imports() == 0
    first.created_at = now() - KEPT - timedelta(days=1)
    db.session.flush()
    assert forget_imports() == 1
    assert forget_imports() == 0
    with pytest.raises(DomainError, match="trop ancien"):
        retry_import(office.alice, first.id)


def test_a_job_run_twice_takes_the_file_in_once(office: Office) -> None:
    run = office.take("members", "Nom\nZoé")
    again = accept_import(office.alice, run.id)
    jobs.JOBS["reciprocity.carry_out_import"](
        run_id=str(again.id), user_id=str(office.alice.user_id), by="Alice"
    )
    jobs.JOBS["reciprocity.try_import"](run_id=str(again.id))
    assert (count(Member), again.state) == (1, "done")


MEMBERS = (
    "Nom;Genre;Bulle;Parti le\nZoé;;Fontaine d’Ouche;\nLéo;;;\nLe chœur;groupe;;\nIda;;;01/02/2024"
)


def welcome(office: Office, bulle_id: uuid.UUID | None, minutes: int) -> None:
    """Rules that welcome new members with hours."""
    set_terms(office.alice, bulle_id, Terms(-1200, NO_LIMIT, -480, 720, minutes), "")


def test_new_people_of_a_file_are_welcomed_when_told_and_once(office: Office) -> None:
    welcome(office, None, 60)
    welcome(office, office.cast.bulle.id, 120)
    run = office.bring("members", MEMBERS)
    sentence = "Bienvenue : 3\u00a0h en tout, pour 2\u00a0personnes nouvelles."
    assert told(run, "note") == [(1, sentence)]
    office.accept(run, welcome=True)
    assert office.balances() == {"Zoé": 120, "Léo": 60, "Ida": 0}
    assert set(db.session.scalars(sa.select(Transfer.kind))) == {"welcome"}
    again = office.bring("members", f"{MEMBERS}\nAna;;;")
    assert "1\u00a0h en tout, pour 1\u00a0personne nouvelle." in told(again, "note")[0][1]
    office.accept(again, welcome=True)
    assert office.balances() == {"Zoé": 120, "Léo": 60, "Ida": 0, "Ana": 60}


def test_nobody_is_welcomed_by_hours_untold(office: Office) -> None:
    assert told(office.bring("members", MEMBERS), "note") == []
    welcome(office, None, 60)
    office.take("members", MEMBERS)
    assert set(office.balances().values()) == {0}
    assert told(office.bring("members", f"{MEMBERS}\n"), "note") == []


def test_a_welcome_that_is_refused_leaves_nobody(office: Office) -> None:
    welcome(office, None, 60)
    run = office.bring("members", MEMBERS)
    set_limits(office.alice, 1, -90, NO_LIMIT, "De quoi accueillir une personne")
    refused = office.accept(run, welcome=True)
    assert refused.state == "refused"
    assert "peut encore donner 30\u00a0min." in told(refused, "error")[0][1]
    assert (count(Member), count(Transfer)) == (0, 0)


def test_an_account_that_the_register_refuses_is_said_by_name(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "make_pseudonym", lambda: "DEUXFOIS")
    refused = office.take("members", "Nom\nZoé\nLéo")
    assert refused.state == "refused"
    assert "Ce nom d’emprunt sert déjà." in told(refused, "error")[0][1]
    assert count(Member) == 0
