"""All that is held about one member, for the person who asks for it (GDPR, articles 15 and 20)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from app.core.audit import AuditEvent, list_events
from app.core.clock import paris
from app.core.db import db, require_tenant_id
from app.core.text import duration, join_names
from app.reciprocity.models import (
    Booklet,
    Hold,
    HoldOutcome,
    Member,
    MemberLink,
    Offer,
    TimeRecord,
)
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.members import Movement, list_limits, list_movements

Fact = dict[str, Any]
Holdings = dict[str, list[Fact]]
EVERYTHING = 1_000_000


def collect_holdings(member: Member) -> Holdings:
    """Section → its facts, each a mapping of French words to text, numbers of minutes, days and instants."""
    account_no = member.account_no
    return {
        "Fiche": [_sheet(member)],
        "Compte": [_account(account_no)],
        "Mouvements": list(map(_movement, list_movements(account_no, EVERYTHING))),
        "Demandes": [_hold(hold, outcome) for hold, outcome in _holds(account_no)],
        "Heures notées": list(map(_hours, _of(TimeRecord, TimeRecord.account_no == account_no))),
        "Annonces": list(map(_offer, _of(Offer, Offer.member_id == member.id))),
        "Carnets de chèques": [
            {
                "numéro": booklet.number,
                "remis le": booklet.issued_at,
                "annulé le": booklet.voided_at,
            }
            for booklet in _of(Booklet, Booklet.member_id == member.id)
        ],
        "Liens personnels": [
            {"fait le": link.created_at, "ouvert le": link.opened_at, "fermé le": link.revoked_at}
            for link in _of(MemberLink, MemberLink.member_id == member.id)
        ],
        "Journal": list(map(_event, db.session.scalars(list_events(subject_id=member.id)))),
    }


def flatten_holdings(holdings: Holdings) -> Iterator[tuple[str, str]]:
    """The same as rows of a spreadsheet: the section, and the fact in one line."""
    for section, facts in to_plain(holdings).items():
        for fact in facts:
            told = (f"{word} : {value}" for word, value in fact.items() if value not in (None, ""))
            yield section, " ; ".join(told)


def to_plain(holdings: Holdings) -> Holdings:
    """The same with days and instants as ISO 8601 text (Paris), for JSON."""
    return {
        section: [{word: _plain(value) for word, value in fact.items()} for fact in facts]
        for section, facts in holdings.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return paris(value).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def _sheet(member: Member) -> Fact:
    return {
        "nom": member.name,
        "e-mail": member.email,
        "téléphone": member.phone,
        "montre ses coordonnées": "oui" if member.shows_contact else "non",
        "centres d’intérêt": ", ".join(member.interests),
        "membre depuis le": member.joined_on,
        "départ le": member.left_on,
    }


def _account(account_no: int) -> Fact:
    account = get_account(account_no)
    return {
        "numéro": account.number,
        "code pour les autres lieux": account.pseudonym,
        "ouvert le": account.opened_on,
        "solde en minutes": account.balance,
        "limites": "; ".join(
            f"{paris(limit.set_at):%d/%m/%Y} : {limit.floor} à {limit.ceiling} minutes {limit.reason}".strip()
            for limit in list_limits(account_no)
        ),
    }


def _movement(movement: Movement) -> Fact:
    transfer = movement.transfer
    return {
        "jour": transfer.happened_on,
        "genre": transfer.kind_label,
        "durée": duration(movement.entry.delta),
        "avec": join_names(movement.others),
        "c’était quoi": movement.wording,
        "merci": movement.thanks,
        "noté le": transfer.posted_at,
        "solde ensuite, en minutes": movement.entry.balance_after,
    }


def _holds(account_no: int) -> Iterable[tuple[Hold, HoldOutcome | None]]:
    rows = db.session.execute(
        sa.select(Hold, HoldOutcome)
        .outerjoin(
            HoldOutcome,
            (HoldOutcome.tenant_id == Hold.tenant_id) & (HoldOutcome.hold_id == Hold.id),
        )
        .where(
            Hold.tenant_id == require_tenant_id(),
            (Hold.debit == account_no) | (Hold.credit == account_no),
        )
        .order_by(Hold.created_at, Hold.id)
    )
    return [(hold, outcome) for hold, outcome in rows]


def _hold(hold: Hold, outcome: HoldOutcome | None) -> Fact:
    return {
        "jour": hold.happened_on,
        "durée": duration(hold.minutes),
        "c’était quoi": hold.wording,
        "réponse": outcome.label if outcome else "sans réponse",
    }


def _hours(row: TimeRecord) -> Fact:
    return {
        "jour": row.happened_on,
        "durée": duration(row.minutes),
        "régime": row.regime_label,
        "activité": row.activity,
        "retiré le": row.voided_at,
    }


def _offer(offer: Offer) -> Fact:
    return {
        "genre": offer.kind_label,
        "titre": offer.title,
        "texte": offer.text,
        "publiée le": offer.published_at,
        "montrée jusqu’au": offer.expires_on,
        "retirée le": offer.closed_at,
    }


def _event(event: AuditEvent) -> Fact:
    return {
        "quand": event.at,
        "qui": event.actor_name,
        "quoi": f"{event.sentence} {event.subject_label}",
    }


def _of(model: Any, condition: sa.ColumnElement[bool]) -> Iterable[Any]:
    own = model.tenant_id == require_tenant_id()
    return db.session.scalars(sa.select(model).where(own, condition).order_by(model.id)).all()
