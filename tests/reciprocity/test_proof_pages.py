"""The page of the proof, what it gives to take away, and the commands of the installation."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import now, today
from app.core.config import settings
from app.core.db import db, new_id, one_instant, tenant_context
from app.core.jobs import JOBS, MAX_ATTEMPTS, TOO_LONG, OutboxRow, Overrun
from app.reciprocity.commands import sealing
from app.reciprocity.commands.clearing import ReceivedHelp, record_received_help
from app.reciprocity.commands.verifying import check_register
from app.reciprocity.models import LedgerCheck
from app.reciprocity.models.faults import Fault
from app.reciprocity.queries import pairs
from app.reciprocity.queries.proof import (
    CHECK_JOB,
    find_last_check,
    find_unfinished_check,
    get_seal,
)
from tests.factories import clearing as make_pair
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import exchange, join
from tests.factories.work import do_work
from tests.http import Client

PROOF = "/ascs/heures/preuve"


def write_check(cast: Cast, *faults: Fault) -> None:
    """A check of a moment ago, that found this."""
    with tenant_context(cast.actor("alice").tenant_id):
        rows = [fault.as_row() for fault in faults]
        size = {"accounts": 8, "transfers": 1200, "entries": 2400}
        db.session.add(LedgerCheck(started_at=now(), faults=rows, **size))
        db.session.commit()


def text(client: Client, url: str, who: str = "alice") -> str:
    return client.get(url, as_=who).get_data(as_text=True).replace("\u00a0", " ")


def write_seal(cast: Cast) -> None:
    with tenant_context(cast.actor("alice").tenant_id):
        number = sealing.write_seal()
        db.session.commit()
        sealing.sign_seal(number)
        db.session.commit()


def test_before_anything_the_page_says_what_will_come(client: Client, cast: Cast) -> None:
    assert "Le registre n’est pas encore ouvert" in text(client, f"{PROOF}/")
    join(cast, "Bernadette")
    page = text(client, f"{PROOF}/")
    assert "Il le sera cette nuit" in page
    assert "Le premier sceau sera posé cette nuit" in page


def test_a_check_is_asked_for_once_and_its_outcome_read(client: Client, cast: Cast) -> None:
    join(cast)
    client.post(f"{PROOF}/verification", as_="bob")
    client.post(f"{PROOF}/verification", as_="alice")
    assert "La vérification est en cours" in text(client, f"{PROOF}/")
    assert do_work().count("reciprocity.check_register") == 1
    page = text(client, f"{PROOF}/")
    assert "Rien à signaler" in page
    assert "La vérification est en cours" not in page
    client.post(f"{PROOF}/verification", as_="carole", status=403)
    assert "Vérifier maintenant" not in text(client, f"{PROOF}/", "carole")


def test_a_check_that_did_not_finish_says_nothing_of_the_register(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(cast)
    write_check(cast)
    assert "À dire ou à afficher" in text(client, f"{PROOF}/")
    client.post(f"{PROOF}/verification", as_="alice")

    def last_too_long() -> None:
        raise Overrun

    with monkeypatch.context() as patched:
        patched.setitem(JOBS, CHECK_JOB, last_too_long)
        do_work()
        page = text(client, f"{PROOF}/")
        assert "n’a pas encore pu finir" in page
        assert "Vérifier maintenant" not in page
        row = db.session.scalars(sa.select(OutboxRow).where(OutboxRow.name == CHECK_JOB)).one()
        row.attempts, row.due_at = MAX_ATTEMPTS - 1, now()
        db.session.commit()
        do_work()
    for who in ("alice", "carole"):
        page = text(client, f"{PROOF}/", who)
        assert "n’a pas pu finir" in page
        assert page.index("Pas finie") < page.index("Celle d’avant") < page.index("Rien à signaler")
        assert "À dire ou à afficher" not in page
    assert "n’a pas pu finir" in text(client, "/ascs/")
    assert TOO_LONG in text(client, "/ascs/travaux/?etat=failed")
    client.post(f"{PROOF}/verification", as_="alice")
    do_work()
    page = text(client, f"{PROOF}/")
    assert "pu finir" not in page
    assert "À dire ou à afficher" in page


def test_numbers_of_few_people_are_not_for_the_wall(client: Client, cast: Cast) -> None:
    a, b, c, d, e, f = join(cast).values()
    exchange(cast, a, b, 60)
    write_check(cast)
    assert "chaque heure donnée est une heure reçue" in text(client, f"{PROOF}/")
    assert "1 200 mouvements, 2 400 lignes. Le compte est juste" not in text(client, f"{PROOF}/")
    for giver, receiver in ((c, d), (e, f)):
        exchange(cast, giver, receiver, 60)
    assert "1 200 mouvements, 2 400 lignes. Le compte est juste" in text(client, f"{PROOF}/")


def test_what_was_found_is_seen_by_those_who_can_act(client: Client, cast: Cast) -> None:
    a, *_ = join(cast).values()
    write_check(cast, Fault("head_wrong", a), Fault("same_hour", a, new_id(), "01/11/2026 09:00"))
    page = text(client, f"{PROOF}/", "carole")
    assert "2 points à regarder" in page
    assert f"L’empreinte du compte {a} n’est pas celle de ses lignes" in page
    assert "À dire ou à afficher" not in page
    assert "Regarder le registre des heures" in text(client, "/ascs/")
    assert "Regarder le registre des heures" not in text(client, "/ascs/", "carole")
    write_check(cast)
    assert "Regarder le registre des heures" not in text(client, "/ascs/")


def test_seals_are_searched_and_downloaded_as_a_list(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    write_seal(cast)
    exchange(cast, a, b, 60)
    write_seal(cast)
    page = text(client, f"{PROOF}/")
    assert page.index("N° 2") < page.index("N° 1")
    assert "N° 2" not in text(client, f"{PROOF}/?q=1&annee={today().year}")
    with tenant_context(cast.actor("alice").tenant_id):
        root = get_seal(2).root.hex()[:8]
    assert "N° 1" not in text(client, f"{PROOF}/?q={root.upper()}")
    assert "Aucun sceau ne répond" in text(client, f"{PROOF}/?annee=1999")
    csv = client.get(f"{PROOF}/?format=csv&tri=numero", as_="carole").get_data(as_text=True)
    assert [line.split(";")[0] for line in csv.splitlines()] == ["\ufeffSceau", "1", "2"]
    assert client.get(f"{PROOF}/?format=ods", as_="carole").mimetype.endswith("spreadsheet")


def test_a_seal_taken_away_is_checked_by_openssl(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    write_seal(cast)
    archive = client.get(f"{PROOF}/sceaux/1", as_="bob").get_data()
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        files.extractall(tmp_path)
    read_me = (tmp_path / "LISEZ-MOI.txt").read_text()
    command = read_me[read_me.index("openssl") :].split("\n\n")[0].replace("\\\n", "").split()
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    sealed = tmp_path / "sceau-1.txt"
    sealed.write_text(sealed.read_text().replace("lignes : 2", "lignes : 3"))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode


def test_a_seal_without_its_signature_is_not_given(client: Client, cast: Cast) -> None:
    join(cast)
    with tenant_context(cast.actor("alice").tenant_id):
        sealing.write_seal()
        db.session.commit()
    assert "Attend l’horodatage" in text(client, f"{PROOF}/")
    client.get(f"{PROOF}/sceaux/1", as_="alice", status=404)
    client.get(f"{PROOF}/sceaux/9", as_="alice", status=404)


def test_a_seal_whose_signature_is_lost_says_so(client: Client, cast: Cast) -> None:
    join(cast)
    write_seal(cast)
    with tenant_context(cast.actor("alice").tenant_id):
        digest = str(get_seal(1).signature_sha256)
    (Path(urlsplit(settings().storage_url).path) / digest[:2] / digest).unlink()
    client.get(f"{PROOF}/sceaux/1", as_="alice", status=303)
    assert "La signature de ce sceau manque" in text(client, f"{PROOF}/")


@pytest.fixture
def living(real: Flask) -> Cast:
    """The ASCS and the CCAS, agreed, an exchange inside and one between them; committed."""
    cast = build_cast()
    db.session.commit()
    a, b, *_ = join(cast).values()
    paul = join(cast, "Paul", who="denis")["Paul"]
    exchange(cast, a, b, 60)
    make_pair.agree(cast)
    alice, code = cast.actor("alice"), make_pair.code_of(cast, "denis", paul)
    peer = cast.actor("denis").tenant_id
    with tenant_context(alice.tenant_id):
        record_received_help(alice, ReceivedHelp(new_id(), a, peer, code, 45, today()))
        db.session.commit()
    return cast


def plant(superuser: sa.Engine, statement: str) -> None:
    """Write what nobody may."""
    with superuser.begin() as root:
        root.exec_driver_sql("SET LOCAL session_replication_role = replica")
        assert root.exec_driver_sql(statement).rowcount


def test_the_nightly_check_writes_what_it_read(living: Cast, superuser: sa.Engine) -> None:
    with tenant_context(living.actor("alice").tenant_id):
        check_register()
        db.session.commit()
        check = find_last_check()
        assert check is not None
        assert (check.accounts, check.transfers, check.entries) == (9, 2, 4)
        assert check.faults == []
        assert find_unfinished_check() is None
        plant(superuser, "UPDATE accounts SET balance = balance + 1 WHERE number = 3")
        check_register()
        db.session.commit()
        found = find_last_check()
        assert found is not None
        assert [(fault["code"], fault["account"]) for fault in found.faults] == [
            ("balance_wrong", 3)
        ]
    with tenant_context(living.actor("olga").tenant_id):
        assert check_register() is None


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE accounts SET balance = balance + 77 WHERE kind = 'mirror'", "mirror_wrong"),
        ("UPDATE clearings SET peer_transfer_id = gen_random_uuid()", "twin_wrong"),
        ("UPDATE transfers SET minutes = 77", "twin_wrong"),
        ("DELETE FROM clearings", "twin_wrong"),
    ],
)
def test_the_nightly_check_compares_with_the_neighbours_register(
    living: Cast, superuser: sa.Engine, statement: str, expected: str
) -> None:
    """What is changed there is seen here, where it is told without the neighbour's figures."""
    there, where = living.home("denis"), "AND" if "WHERE" in statement else "WHERE"
    plant(superuser, f"{statement} {where} tenant_id = '{there.id}'")
    with tenant_context(living.actor("alice").tenant_id):
        check = check_register()
        assert check is not None
        assert [(fault["code"], fault["detail"]) for fault in check.faults] == [
            (expected, there.name)
        ]


def test_halves_are_compared_some_at_a_time(
    living: Cast, superuser: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "CHUNK", 2)
    here = living.actor("alice").tenant_id
    marie = join(living, "Marie", who="denis")["Marie"]
    for _ in range(4):
        make_pair.visit(living, "alice", 3, "denis", make_pair.code_of(living, "denis", marie), 10)
    with one_instant() as read_as:
        assert list(pairs.compare_pairs(read_as, here)) == []
    plant(superuser, "UPDATE clearings SET peer_transfer_id = gen_random_uuid()")
    with one_instant() as read_as:
        found = [fault.code for fault in pairs.compare_pairs(read_as, here)]
    assert found == ["twin_wrong"] * 5


def test_the_installation_checks_and_seals_by_command(
    app: Flask, living: Cast, superuser: sa.Engine
) -> None:
    def run(app: Flask, *arguments: str) -> tuple[int, str]:
        result = app.test_cli_runner().invoke(args=["reciprocite", *arguments])
        return result.exit_code, result.output

    db.session.rollback()
    code, output = run(app, "sceller")
    assert code == 0, output
    assert output.count("sceau n° 1") == 2
    code, output = run(app, "verifier")
    assert (code, output.splitlines()[-1]) == (0, "Rien à signaler.")
    plant(superuser, "UPDATE accounts SET held = 5 WHERE kind = 'fund'")
    code, output = run(app, "verifier", "--organisation", "ascs")
    assert code == 1
    assert "held_wrong : Le temps réservé du compte 2" in output
    assert run(app, "verifier", "--organisation", "personne")[0] == 1
