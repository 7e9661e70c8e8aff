"""Programs read and note hours with a key, under the same rules as people."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.exchanges import Exchange, record_exchange, reverse_transfer
from app.reciprocity.commands.fund import give_to_fund, grant
from app.reciprocity.commands.tokens import create_token, revoke_token
from app.reciprocity.routes import api
from app.reciprocity.routes.openapi import describe
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import exchange, join
from tests.factories.together import crowd

ROOT = "/ascs/api/v1"


@pytest.fixture
def members(cast: Cast) -> list[int]:
    """Four account numbers of the ASCS."""
    return list(join(cast, "Bernadette", "Yann", "Fatima", "Michel").values())


class Program:
    """A program with a key."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.client, self.secret = app.test_client(), secret

    def get(self, address: str, status: int = 200) -> Any:
        response = self.client.get(address, headers={"Authorization": f"Bearer {self.secret}"})
        assert response.status_code == status, response.get_data(as_text=True)
        return response.json

    def post(self, address: str, body: object, key: object = "") -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}"}
        if key:
            headers["Idempotency-Key"] = str(key)
        return self.client.post(address, json=body, headers=headers)


def make_key(cast: Cast, *, who: str = "alice", can_write: bool = True) -> tuple[uuid.UUID, str]:
    actor = cast.actor(who)
    with tenant_context(actor.tenant_id):
        token, secret = create_token(actor, "Tableau", can_write=can_write)
        db.session.commit()
        return token.id, secret


@pytest.fixture
def program(app: Flask, cast: Cast) -> Program:
    """A program of the ASCS that may write."""
    return Program(app, make_key(cast)[1])


def note(members: list[int], minutes: int = 90) -> dict[str, object]:
    return {
        "giver": members[0], "receiver": members[1], "minutes": minutes,
        "happened_on": today().isoformat(), "wording": "Cuisine",
    }  # fmt: skip


def test_an_exchange_is_noted_once_whatever_is_sent_again(
    program: Program, members: list[int]
) -> None:
    key = uuid.uuid4()
    first = program.post(f"{ROOT}/exchanges", note(members), key)
    again = program.post(f"{ROOT}/exchanges", note(members), key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json["id"] == str(key)
    assert first.json["recorded_by"] == "Tableau (programme)"
    other = program.post(f"{ROOT}/exchanges", note(members, 60), key)
    assert (other.status_code, other.json["code"]) == (409, "exists_with_different_content")
    shown = program.get(f"{ROOT}/accounts/{members[0]}")
    assert (shown["balance_minutes"], shown["version"]) == (90, 1)


def test_a_group_exchange_and_its_reversal(program: Program, members: list[int]) -> None:
    a, b, c, _ = members
    body = {
        "shares": [{"account": a, "minutes": 120}, {"account": b, "minutes": -60},
                   {"account": c, "minutes": -60}],
        "happened_on": today().isoformat(),
    }  # fmt: skip
    made = program.post(f"{ROOT}/exchanges/group", body, uuid.uuid4())
    assert made.status_code == 201, made.json
    address = made.headers["Location"]
    undone = program.post(f"{address}/reversal", {"reason": "Mauvais jour"})
    again = program.post(f"{address}/reversal", {"reason": "Mauvais jour"})
    assert (undone.status_code, again.status_code) == (201, 200)
    assert undone.json["corrects"] == made.json["id"] == again.json["corrects"]
    assert program.get(address)["corrected_by"] == undone.json["id"]
    assert [program.get(f"{ROOT}/accounts/{n}")["balance_minutes"] for n in (a, b, c)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"minutes": 0}, 422, "malformed"),
        ({"minutes": 5000}, 422, "malformed"),
        ({"minutes": True}, 422, "malformed"),
        ({"minutes": "90"}, 422, "malformed"),
        ({"surprise": 1}, 422, "malformed"),
        ({"giver": 999}, 422, "unknown_account"),
        ({"happened_on": "2999-01-01"}, 422, "future_day"),
        ({"happened_on": "1999-01-01"}, 422, "day_sealed"),
    ],
)
def test_bad_bodies_are_named_and_write_nothing(
    program: Program, members: list[int], change: dict[str, object], status: int, code: str
) -> None:
    answer = program.post(f"{ROOT}/exchanges", note(members) | change, uuid.uuid4())
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert program.get(f"{ROOT}/exchanges")["items"] == []


def test_what_is_not_json_and_what_has_no_key(program: Program, members: list[int]) -> None:
    assert program.post(f"{ROOT}/exchanges", None, uuid.uuid4()).status_code == 422
    for key in ("", "demain"):
        answer = program.post(f"{ROOT}/exchanges", note(members), key)
        assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_needed")


def test_an_id_that_we_derive_is_not_taken_in_advance(program: Program, members: list[int]) -> None:
    for key in (
        uuid.uuid1(),
        *(make(uuid.NAMESPACE_URL, "welcome") for make in (uuid.uuid3, uuid.uuid5)),
    ):
        answer = program.post(f"{ROOT}/exchanges", note(members), key)
        assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_needed")
        assert "version 4 ou 7" in answer.json["detail"]
    assert program.get(f"{ROOT}/exchanges")["items"] == []
    for key in (uuid.uuid4(), new_id()):
        assert program.post(f"{ROOT}/exchanges", note(members), key).status_code == 201


def test_a_reading_key_does_not_write(app: Flask, cast: Cast, members: list[int]) -> None:
    reader = Program(app, make_key(cast, can_write=False)[1])
    assert reader.post(f"{ROOT}/exchanges", note(members), uuid.uuid4()).status_code == 403
    accounts = reader.get(f"{ROOT}/accounts")["items"]
    assert [account["balance_minutes"] for account in accounts] == [None] * 6
    reader.get(f"{ROOT}/accounts/{members[0]}/statement", status=403)


def test_a_key_opens_one_organisation_until_it_is_closed(
    app: Flask, cast: Cast, members: list[int]
) -> None:
    token_id, secret = make_key(cast)
    program = Program(app, secret)
    program.get("/ccas/api/v1/accounts", status=401)
    Program(app, "bulles_invented").get(f"{ROOT}/accounts", status=401)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        revoke_token(alice, token_id)
        db.session.commit()
    program.get(f"{ROOT}/accounts", status=401)


def test_another_organisations_exchange_is_unknown(
    app: Flask, cast: Cast, members: list[int]
) -> None:
    transfer = exchange(cast, members[0], members[1], 30)
    stranger = Program(app, make_key(cast, who="denis")[1])
    stranger.get(f"/ccas/api/v1/exchanges/{transfer}", status=404)
    undone = stranger.post(f"/ccas/api/v1/exchanges/{transfer}/reversal", {"reason": "non"})
    assert undone.status_code == 404


def test_an_error_is_a_problem_wherever_it_comes_from(
    program: Program, members: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def problem(method: str, address: str, status: int) -> TestResponse:
        headers = {"Authorization": f"Bearer {program.secret}"}
        answer = program.client.open(address, method=method, headers=headers, json={})
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert answer.json["detail"].endswith(".")
        return answer

    assert problem("GET", f"{ROOT}/exchanges/demain", 404).json["code"] == "not_found"
    assert problem("GET", f"{ROOT}/rien", 404).json["title"] == "Not Found"
    assert problem("PUT", f"{ROOT}/exchanges", 405).json["code"] == "method_not_allowed"
    problem("GET", "/personne/api/v1/accounts", 404)

    def deadlock(*arguments: object) -> None:
        raise OperationalError("", {}, Exception("deadlock detected"))

    monkeypatch.setattr(api, "reverse_transfer", deadlock)
    monkeypatch.setattr(api, "_body", lambda shape: shape(reason="x"))
    answer = problem("POST", f"{ROOT}/exchanges/{uuid.uuid4()}/reversal", 503)
    assert answer.json["code"] == "service_unavailable"
    assert answer.headers["Retry-After"] == "5"
    # A page of an organisation stays a page.
    assert program.client.get("/ascs/heures/apis/x").mimetype == "text/html"


def test_whom_the_fund_helps_is_not_told(program: Program, cast: Cast, members: list[int]) -> None:
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        give_to_fund(alice, uuid.uuid4(), members[0], 60, today())
        grant(alice, uuid.uuid4(), members[1], 30, decision="Une panne")
        db.session.commit()
    gift, granted = program.get(f"{ROOT}/exchanges")["items"]
    assert [share["minutes"] for share in gift["shares"]] == [60, -60]
    assert (granted["kind"], granted["minutes"], granted["shares"]) == ("grant", 30, [])


def test_what_the_fund_gives_is_not_for_a_key_that_reads(
    app: Flask, cast: Cast, members: list[int]
) -> None:
    alice, granted = cast.actor("alice"), uuid.uuid4()
    plain = exchange(cast, members[0], members[1], 30)
    with tenant_context(alice.tenant_id):
        give_to_fund(alice, uuid.uuid4(), members[0], 77, today())
        grant(alice, granted, members[1], 77, decision="Une panne")
        undone = reverse_transfer(alice, granted, "Erreur de personne")
        db.session.commit()
    reader = Program(app, make_key(cast, can_write=False)[1])
    items = reader.get(f"{ROOT}/exchanges")["items"]
    assert [item["kind"] for item in items] == ["exchange", "gift"]
    reader.get(f"{ROOT}/exchanges/{plain}")
    for hidden in (granted, undone):
        reader.get(f"{ROOT}/exchanges/{hidden}", status=403)


def test_nothing_appears_before_what_was_read(real: Flask) -> None:
    cast = build_cast()
    a, b, c, d = join(cast, "Bernadette", "Yann", "Fatima", "Michel").values()
    alice, program = cast.actor("alice"), Program(real, make_key(cast)[1])
    seen = str(exchange(cast, a, b, 30))
    early, late = new_id(), new_id()

    def read() -> list[str]:
        return [item["id"] for item in program.get(f"{ROOT}/exchanges?after={seen}")["items"]]

    with crowd(real, alice.tenant_id) as people:
        slow = people.hold(lambda: record_exchange(alice, Exchange(early, a, b, 60, today())))
        people.do(lambda: record_exchange(alice, Exchange(late, c, d, 60, today())))
        assert read() == []
        slow.commit()
        assert read() == [str(early), str(late)]


def test_pages_follow_each_other(program: Program, cast: Cast, members: list[int]) -> None:
    noted = [exchange(cast, members[n % 3], members[3], 1) for n in range(103)]
    seen, after = [], ""
    while after is not None:
        page = program.get(f"{ROOT}/exchanges" + (f"?after={after}" if after else ""))
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
    assert seen == [str(transfer) for transfer in noted]
    first = program.get(f"{ROOT}/accounts/{members[3]}/statement")
    rest = program.get(f"{ROOT}/accounts/{members[3]}/statement?before={first['next']}")
    versions = [line["version"] for line in first["lines"] + rest["lines"]]
    assert versions == list(range(103, 0, -1))


def test_the_description_is_sound_and_whole(app: Flask, database: None) -> None:
    described = describe()
    validate(described)
    named = {o["operationId"] for path in described["paths"].values() for o in path.values()}
    real = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert {f"api.{name}" for name in named} == {e for e in real if e.startswith("api.")}
