"""The hours for programs: JSON, a key of the organisation, the same rules as the pages.

A writing carries an `Idempotency-Key`, a UUID that becomes the exchange's id: sent again, it answers the same
thing and writes nothing (after draft-ietf-httpapi-idempotency-key-header, §2). Errors are RFC 9457 problems;
those that are not named here are told by `pages`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import TypeVar

from flask import Blueprint, Response, g, jsonify, request, url_for
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DataError, NoResultFound

from app.core.access import public
from app.core.errors import DomainError
from app.core.limits import throttled
from app.core.permissions import Forbidden, authorize
from app.core.problems import tell_problem
from app.reciprocity import policies
from app.reciprocity.commands.exchanges import (
    Exchange,
    record_exchange,
    record_group,
    reverse_transfer,
)
from app.reciprocity.commands.ledger import SENTENCES, LedgerRefusal
from app.reciprocity.commands.tokens import open_with_token
from app.reciprocity.forms import api as shapes
from app.reciprocity.forms.keys import parse_key
from app.reciprocity.models import Account
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.exchanges import find_reversal, get_transfer
from app.reciprocity.queries.fund import is_confidential
from app.reciprocity.queries.interface import (
    PAGE,
    list_accounts_after,
    list_lines,
    list_transfers_after,
)
from app.reciprocity.routes.api_shapes import show_accounts, show_exchanges

bp = Blueprint("api", __name__, url_prefix="/<slug>/api/v1")
Body = TypeVar("Body", bound=BaseModel)
CLASHES = {"exists_with_different_content", "already_reversed"}


class Refused(Exception):
    """The request itself is not right: its status, the name of what is wrong, the French sentence."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail


@bp.before_request
def take_token() -> None:
    """Who acts: the key in `Authorization: Bearer …`, in the organisation of the address."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    actor = open_with_token(secret.strip()) if kind.lower() == "bearer" else None
    if actor is None:
        raise Refused(
            401, "token_unknown", "Il manque une clé d’accès, ou elle n’est plus ouverte."
        )
    g.actor = actor


@bp.get("/accounts")
@public
def accounts() -> Response:
    """Every account, by number."""
    authorize(policies.can_read(g.actor))
    rows = list_accounts_after(_number("after") or 0)
    following = rows[-1].number if len(rows) == PAGE else None
    return _json(shapes.AccountPage(items=_accounts(rows), next=following))


@bp.get("/accounts/<int:number>")
@public
def account(number: int) -> Response:
    """One account."""
    authorize(policies.can_read(g.actor))
    return _json(_accounts([get_account(number)])[0])


@bp.get("/accounts/<int:number>/statement")
@public
def statement(number: int) -> Response:
    """One account and its entries, newest first; for a key that writes, as for the team."""
    authorize(policies.can_record(g.actor))
    shown = _accounts([get_account(number)])[0]
    lines = [
        shapes.Line(
            version=entry.version, exchange=transfer.id, kind=transfer.kind,
            happened_on=transfer.happened_on, posted_at=transfer.posted_at, minutes=entry.delta,
            balance_minutes=entry.balance_after,
        )
        for entry, transfer in list_lines(number, _number("before"))
    ]  # fmt: skip
    following = lines[-1].version if len(lines) == PAGE else None
    return _json(shapes.StatementOut(account=shown, lines=lines, next=following))


@bp.get("/exchanges")
@public
def exchanges() -> Response:
    """Every transfer, in the order they were written; whom the fund helped is the team's to know."""
    authorize(policies.can_read(g.actor))
    after = request.args.get("after", type=uuid.UUID)
    rows = list_transfers_after(
        get_transfer(after) if after else None, for_team=policies.can_record(g.actor)
    )
    following = rows[-1].id if len(rows) == PAGE else None
    return _json(shapes.ExchangePage(items=show_exchanges(rows), next=following))


@bp.post("/exchanges")
@public
@throttled("600 per minute", needs_redis=False)
def create_exchange() -> Response:
    """Note an exchange between two."""
    body, key = _body(shapes.ExchangeIn), _key()
    facts = body.model_dump()
    return _written(record_exchange(g.actor, Exchange(id=key, **facts)), key)


@bp.post("/exchanges/group")
@public
@throttled("600 per minute", needs_redis=False)
def create_group() -> Response:
    """Note an exchange between several."""
    body, key = _body(shapes.GroupIn), _key()
    shares = {share.account: share.minutes for share in body.shares}
    if len(shares) < len(body.shares):
        raise LedgerRefusal("same_account")
    status = record_group(
        g.actor, key, shares, body.happened_on, wording=body.wording, starts_at=body.starts_at,
        lasted=body.lasted_minutes,
    )  # fmt: skip
    return _written(status, key)


@bp.get("/exchanges/<uuid:transfer_id>")
@public
def exchange(transfer_id: uuid.UUID) -> Response:
    """One transfer."""
    authorize(policies.can_read(g.actor))
    authorize(policies.can_record(g.actor) or not is_confidential(transfer_id))
    return _json(show_exchanges([get_transfer(transfer_id)])[0])


@bp.post("/exchanges/<uuid:transfer_id>/reversal")
@public
@throttled("600 per minute", needs_redis=False)
def create_reversal(transfer_id: uuid.UUID) -> Response:
    """Undo a transfer. It can be undone once, so it needs no key: again, it answers the same correction."""
    body, undone = _body(shapes.ReversalIn), find_reversal(transfer_id)
    reversal_id = reverse_transfer(g.actor, transfer_id, body.reason)
    return _written("exists" if undone else "posted", reversal_id)


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """The request itself is not right."""
    response = tell_problem(error.status, error.detail, error.code)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="heures"'
    return response


@bp.errorhandler(DomainError)
def not_allowed_by_the_rules(error: DomainError) -> Response:
    """A rule of the ledger said no."""
    code = error.code if isinstance(error, LedgerRefusal) else "refused"
    return tell_problem(409 if code in CLASHES else 422, error.message, code)


@bp.errorhandler(Forbidden)
def not_allowed_to(error: Forbidden) -> Response:
    """The key may not do this."""
    return tell_problem(403, "Cette clé permet seulement de lire les échanges.")


@bp.errorhandler(DataError)
def not_readable(error: DataError) -> Response:
    """A number too large for PostgreSQL, a character that it does not store."""
    return tell_problem(422, SENTENCES["malformed"], "malformed")


@bp.errorhandler(NoResultFound)
def not_found(error: NoResultFound) -> Response:
    """Nobody's, or another organisation's."""
    return tell_problem(404, "Nous ne trouvons pas cela dans cette organisation.")


def _accounts(rows: Sequence[Account]) -> list[shapes.AccountOut]:
    return show_accounts(rows, whole=policies.can_record(g.actor))


def _body(shape: type[Body]) -> Body:
    try:
        return shape.model_validate_json(request.get_data())
    except ValidationError as faults:
        fields = ", ".join(".".join(map(str, fault["loc"])) or "corps" for fault in faults.errors())
        raise Refused(
            422, "malformed", f"Ces champs manquent ou ne conviennent pas : {fields}."
        ) from faults


def _key() -> uuid.UUID:
    try:
        return parse_key(request.headers["Idempotency-Key"].strip().strip('"'))
    except (KeyError, ValueError) as missing:
        sentence = (
            "Donnez un UUID de version 4 ou 7 dans l’en-tête Idempotency-Key, un par échange."
        )
        raise Refused(400, "idempotency_key_needed", sentence) from missing


def _number(name: str) -> int | None:
    return request.args.get(name, type=int)


def _written(status: str, transfer_id: uuid.UUID) -> Response:
    response = _json(show_exchanges([get_transfer(transfer_id)])[0])
    response.status_code = 201 if status == "posted" else 200
    response.headers["Location"] = url_for(".exchange", transfer_id=transfer_id)
    return response


def _json(shape: BaseModel) -> Response:
    return jsonify(shape.model_dump(mode="json"))
