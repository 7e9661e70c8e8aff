"""Live a year of reciprocity in two Bulles, through the real commands, and the hours between the two."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, time

import sqlalchemy as sa

from app.core.clock import today
from app.core.db import db, new_id, require_tenant_id
from app.core.deliveries import Delivery
from app.core.permissions import Actor
from app.demonstration.neighbours import DIJON, VILLAGES, YONNE, Help, Neighbour, Village, tell_year
from app.demonstration.seed import acting
from app.reciprocity import commands
from app.reciprocity.commands import (
    Exchange,
    Hours,
    MemberSheet,
    OfferSheet,
    ReceivedHelp,
    Request,
    RuleSheet,
    Slip,
    Terms,
)
from app.reciprocity.emails import space_url
from app.reciprocity.models import Account, Clearing, Member, OfferKind, Regime
from app.reciprocity.models.cheque_numbers import number_cheque
from app.reciprocity.queries.accounts import find_terms
from app.reciprocity.queries.categories import find_category_named
from app.tenants.models import Bulle
from app.tenants.queries import get_tenant_by_slug

TERMS = Terms(floor=-20 * 60, ceiling=60 * 60, gentle_low=-6 * 60, gentle_high=8 * 60, welcome=120)
RULE = RuleSheet(
    "Le fonds aide une personne qui a besoin de recevoir et n’a plus d’heures : jusqu’à 3 h en une"
    " fois, 10 h par an. Personne d’autre que l’équipe ne sait à qui.",
    grant_minutes=180, yearly_minutes=600, below=0,
)  # fmt: skip
LATEST = (
    ("Bernadette", "Yann", 90, "Cuisiner ensemble"),
    ("Yann", "Ginette", 30, "Porter du terreau"),
    ("Hélène", "Lucette", 60, "Étirements"),
    ("Awa", "Samir", 45, "Traduire un courrier"),
)
BETWEEN = 40 * 60
"""Minutes: how far the two Bulles go with each other."""


def seed_hours() -> None:
    """Write both registers and what is between them; what an earlier run wrote is left as it is."""
    day = today()
    for village in VILLAGES:
        with acting(village.administrator) as actor:
            _set_rules(actor, _bulle_id(village))
        with acting(village.actor) as actor:
            if not db.session.scalar(sa.select(sa.func.count(Member.id))):
                _live(actor, village, day)
    _agree()
    _visit(day)


def open_space() -> str:
    """The address of a member's own space: who follows it needs no password."""
    with acting(DIJON.actor) as actor:
        name = DIJON.people[0].name
        member_id = db.session.scalars(sa.select(Member.id).where(Member.name == name)).one()
        return f"{name}, membre : {space_url(commands.print_link(actor, member_id))}"


def _set_rules(actor: Actor, bulle_id: uuid.UUID) -> None:
    commands.open_ledger(actor)
    if find_terms(bulle_id).welcome != TERMS.welcome:
        commands.set_terms(actor, bulle_id, TERMS, "Décidé avec les habitants")
    commands.adopt_rule(actor, RULE)


def _live(actor: Actor, village: Village, day: date) -> None:
    members = {person.name: _join(actor, village, person) for person in village.people}
    accounts = {name: member.account_no for name, member in members.items()}
    year = list(tell_year(village, day))
    _take_over(actor, accounts, year)
    for help_ in reversed(year):  # so that the first of each stays
        for name in (help_.giver, help_.receiver):
            members[name].joined_on = help_.happened_on
    if village is DIJON:
        _live_in_dijon(actor, members, accounts, day)


def _join(actor: Actor, village: Village, person: Neighbour) -> Member:
    sheet = MemberSheet(
        name=person.name,
        bulle_id=_bulle_id(village),
        email=person.email,
        interests=list(person.interests),
    )
    member = commands.join_member(actor, sheet)
    for kind, announced in ((OfferKind.OFFER, person.gives), (OfferKind.REQUEST, person.seeks)):
        for title, theme in announced:
            commands.publish_offer(
                actor, member.id, OfferSheet(kind=kind, category_id=_theme(theme), title=title)
            )
    return member


def _take_over(actor: Actor, accounts: dict[str, int], year: Sequence[Help]) -> None:
    """What the notebook of the Bulle told before the register was opened; the last ones are noted today."""
    past = [help_ for help_ in year if help_.happened_on < today()]
    ids = [new_id() for _ in past]
    commands.call_rows(
        "ledger_post_batch",
        p_kind="import",
        p_ids=ids,
        p_debits=[accounts[help_.receiver] for help_ in past],
        p_credits=[accounts[help_.giver] for help_ in past],
        p_minutes=[help_.minutes for help_ in past],
        p_days=[help_.happened_on for help_ in past],
        p_operator=commands.operator_of(actor),
    )
    for key, help_ in zip(ids, past, strict=True):
        commands.describe_exchange(actor, key, help_.title, _theme(help_.theme))


def _live_in_dijon(
    amina: Actor, members: dict[str, Member], accounts: dict[str, int], day: date
) -> None:
    """One of each thing that a Bulle does in a day."""
    for giver, receiver, minutes, title in LATEST:
        commands.record_exchange(
            amina,
            Exchange(new_id(), accounts[giver], accounts[receiver], minutes, day, wording=title),
        )
    sewing = [accounts[name] for name in ("Yann", "Awa", "Inès", "Samir")]
    shares = commands.share_out([accounts["Fatima"]], sewing, 60)
    commands.record_group(amina, new_id(), shares, day, wording="Atelier couture")
    _pay_by_cheque(amina, members["Michel"], day)
    request = Request(new_id(), accounts["Thomas"], accounts["Bernadette"], 60, day, "Le téléphone")
    commands.ask_confirmation(amina, request)
    commands.give_to_fund(amina, new_id(), accounts["Bernadette"], 180, day)
    decision = "Retour d’hôpital, décidé en équipe"
    commands.grant(amina, new_id(), accounts["Paulette"], 90, decision=decision)
    commands.declare_hours(
        amina,
        Hours(
            new_id(), accounts["Jacques"], day, time(14), 120, Regime.VOLUNTEERING,
            "Accueil du mercredi",
        ),
    )  # fmt: skip


def _pay_by_cheque(amina: Actor, holder: Member, day: date) -> None:
    booklet = commands.issue_booklet(amina, holder.id, new_id())
    slips = [
        Slip(number_cheque(require_tenant_id(), booklet.number, rank), giver, minutes, day)
        for rank, (giver, minutes) in enumerate((("Lucette", 45), ("Ginette", 30)), start=1)
    ]
    commands.key_cheques(amina, slips)


def _agree() -> None:
    """Each says how far it would go, and reads the other's letter."""
    for village, peer in ((DIJON, YONNE), (YONNE, DIJON)):
        with acting(village.administrator) as actor:
            _read_letters()
            commands.say_limit(actor, get_tenant_by_slug(peer.slug).id, BETWEEN)
    with acting(DIJON.administrator):
        _read_letters()


def _read_letters() -> None:
    mine = (Delivery.tenant_id == require_tenant_id(), Delivery.kind == commands.LIMIT)
    for letter_id in db.session.scalars(sa.select(Delivery.id).where(*mine)).all():
        commands.receive_limit(letter_id)


def _visit(day: date) -> None:
    """Help across the two, noted by the Bulle of whoever received it."""
    with acting(DIJON.actor):
        if db.session.scalar(sa.select(sa.func.count(Clearing.transfer_id))):
            return
    for village, peer, visits in (
        (
            DIJON,
            YONNE,
            (("Lucette", "Régis", 120), ("Hélène", "Colette", 60), ("Michel", "Régis", 90)),
        ),
        (YONNE, DIJON, (("Émile", "Thomas", 60),)),
    ):
        for receiver, giver, minutes in visits:
            code, peer_id = _card(peer, giver)
            with acting(village.actor) as actor:
                account = db.session.scalars(
                    sa.select(Member.account_no).where(Member.name == receiver)
                ).one()
                commands.record_received_help(
                    actor, ReceivedHelp(new_id(), account, peer_id, code, minutes, day)
                )


def _card(village: Village, name: str) -> tuple[str, uuid.UUID]:
    """The code on someone's card, and their organisation."""
    with acting(village.actor) as actor:
        statement = sa.select(Account.pseudonym).join(Member, Member.account_no == Account.number)
        return db.session.scalars(statement.where(Member.name == name)).one(), actor.tenant_id


def _bulle_id(village: Village) -> uuid.UUID:
    return db.session.scalars(sa.select(Bulle.id).where(Bulle.name == village.bulle)).one()


def _theme(name: str) -> uuid.UUID:
    category = find_category_named(name)
    assert category, name  # noqa: S101 the migration writes the six themes
    return category.id
