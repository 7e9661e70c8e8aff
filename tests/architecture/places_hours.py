"""Members, exchanges and the rest of the register of hours, for the addresses of the access matrix."""

from __future__ import annotations

import uuid
from datetime import time, timedelta

from app.core.clock import now, today
from app.core.db import db, new_id, tenant_context
from app.core.permissions import Actor
from app.reciprocity.commands.accounts import open_group
from app.reciprocity.commands.addresses import seal_address
from app.reciprocity.commands.categories import add_category
from app.reciprocity.commands.cheques import issue_booklet
from app.reciprocity.commands.holds import Request, ask_confirmation
from app.reciprocity.commands.hours import Hours, declare_hours
from app.reciprocity.commands.imports import Upload, start_import, try_import
from app.reciprocity.commands.links import link_of
from app.reciprocity.commands.sealing import sign_seal, write_seal
from app.reciprocity.commands.tokens import create_token
from app.reciprocity.models import Member, Netting, Regime
from app.reciprocity.models.loops import Loop, sha256_of
from app.reciprocity.queries.members import find_member_of
from tests.factories import clearing as elsewhere
from tests.factories import reciprocity as make
from tests.factories.cast import Cast


def build_hours(cast: Cast) -> dict[str, object]:
    """Two members of the ASCS and one of the CCAS, an exchange: {inhabitant}, {inhabitant_2}, {account},
    {exchange}, {inhabitant_ccas}, {offer}, {theme}, {stretch} (an hour volunteered).
    The second one has a space ({space}, {space_token}), a {notice}, a {request} of the first to answer, and a
    {new_address} to confirm.
    The register has a {seal}, and the account of a {group}; the first one has a {booklet}, and a {file} was
    brought."""
    accounts = make.join(cast, "Bernadette", "Yann")
    paul = make.join(cast, "Paul", who="denis")["Paul"]
    found: dict[str, object] = {
        "account": accounts["Bernadette"],
        "exchange": make.exchange(cast, *accounts.values(), 60),
    }
    found["offer"] = make.publish(cast, accounts["Bernadette"], "Couture")
    with tenant_context(cast.actor("olga").tenant_id):
        found["theme"] = add_category(cast.actor("olga"), "Jardinage").id
        db.session.commit()
    with tenant_context(cast.actor("alice").tenant_id):
        token, _ = create_token(cast.actor("alice"), "Tableau", can_write=False)
        group = open_group(cast.actor("alice"), "La chorale", None)
        db.session.commit()
        found |= {"token": token.id, "group": group.number}
        found["stretch"] = _volunteer(cast.actor("alice"), accounts["Yann"])
    found["notice"] = make.publish(cast, accounts["Yann"], "Vélo")
    found |= _papers(cast, accounts["Bernadette"])
    found |= _space(cast, *accounts.values())
    found |= _elsewhere(cast, accounts["Bernadette"], paul)
    found |= dict(zip(("inhabitant", "inhabitant_2"), _members(cast, "alice"), strict=True))
    found["seal"] = _seal(cast)
    return found | {"inhabitant_ccas": _members(cast, "denis")[0]}


def _papers(cast: Cast, payer: int) -> dict[str, object]:
    """A booklet of cheques, and a file to take over that was tried."""
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        member = find_member_of(payer)
        assert member
        booklet = issue_booklet(alice, member.id, new_id())
        run = start_import(alice, Upload("members", "table", "membres.csv", b"Nom\nGinette"))
        try_import(run.id)
        found = {"booklet": booklet.id, "file": run.id}
        db.session.commit()
    return found


def _seal(cast: Cast) -> int:
    """The seal of the register of the ASCS, signed."""
    with tenant_context(cast.actor("alice").tenant_id):
        number = write_seal()
        sign_seal(number)
        db.session.commit()
    return number


def _volunteer(actor: Actor, account_no: int) -> uuid.UUID:
    """An hour volunteered yesterday."""
    yesterday = today() - timedelta(days=1)
    hours = Hours(
        new_id(), account_no, yesterday, time(9), 60, Regime.VOLUNTEERING, activity="Accueil"
    )
    declare_hours(actor, hours)
    db.session.commit()
    return hours.id


def _space(cast: Cast, giver: int, receiver: int) -> dict[str, object]:
    """The space of who received, what they are asked to confirm, an address that they gave."""
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        request = Request(new_id(), giver, receiver, 30, today())
        ask_confirmation(alice, request)
        member = find_member_of(receiver)
        assert member
        link = link_of(member)
        db.session.commit()
        later = now() + timedelta(days=1)
        return {
            "space": link.id,
            "space_token": link.token,
            "request": request.id,
            "new_address": seal_address(member, "yann@exemple.fr", later),
        }


def _elsewhere(cast: Cast, receiver: int, giver: int) -> dict[str, object]:
    """An agreement with the CCAS, an hour received from one of its members, a loop through the Carsat."""
    elsewhere.agree(cast)
    code = elsewhere.code_of(cast, "denis", giver)
    visit = elsewhere.visit(cast, "alice", receiver, "denis", code)
    ids = [cast.home(who).id for who in ("alice", "denis", "fanny")]
    legs = Loop(tuple(ids), 60).legs()
    with tenant_context(ids[0]):
        month = today().replace(day=1)
        netting = Netting(id=new_id(), month=month, legs=legs, sha256=sha256_of(legs))
        db.session.add(netting)
        db.session.commit()
        return {"pair": ids[1], "visit": visit, "netting": netting.id}


def _members(cast: Cast, who: str) -> list[object]:
    with tenant_context(cast.actor(who).tenant_id):
        return [row.id for row in db.session.query(Member).order_by(Member.account_no)]
