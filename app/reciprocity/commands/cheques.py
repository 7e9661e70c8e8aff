"""Handing out booklets of cheques, and keying in the cheques that come back."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.core.audit import record
from app.core.clock import now
from app.core.db import db, require_tenant_id
from app.core.errors import DomainError
from app.core.numbering import next_rank
from app.core.permissions import Actor, authorize
from app.core.text import duration, instant, long_date
from app.reciprocity import policies
from app.reciprocity.commands.ledger import LedgerRefusal, call, derived_id, operator_of
from app.reciprocity.commands.limits import LIMITS
from app.reciprocity.models import CHEQUES, Booklet, ChequeUse, Member
from app.reciprocity.models.cheque_numbers import ChequeNumber
from app.reciprocity.queries.accounts import name_accounts
from app.reciprocity.queries.cheques import (
    Person,
    Use,
    find_booklet,
    get_booklet,
    list_payers,
    list_uses,
    search_people,
)
from app.reciprocity.queries.exchanges import list_common_accounts
from app.reciprocity.queries.members import get_member


@dataclass(frozen=True)
class Slip:
    """A cheque as it is keyed in: `giver` is the name written on it, or the number of an account."""

    number: ChequeNumber
    giver: str
    minutes: int
    happened_on: date


class Verdict(enum.StrEnum):
    NOTED = "noted"
    ALREADY = "already"
    OTHERWISE = "otherwise"
    WRONG_NUMBER = "wrong_number"
    VOIDED = "voided"
    UNKNOWN_PERSON = "unknown_person"
    LIMIT = "limit"
    REFUSED = "refused"


VERDICT_LABELS = {
    Verdict.NOTED: "Noté",
    Verdict.ALREADY: "Déjà noté",
    Verdict.OTHERWISE: "Déjà noté autrement",
    Verdict.WRONG_NUMBER: "Numéro faux",
    Verdict.VOIDED: "Carnet annulé",
    Verdict.UNKNOWN_PERSON: "Personne inconnue",
    Verdict.LIMIT: "Limite atteinte",
    Verdict.REFUSED: "Refusé",
}


@dataclass(frozen=True)
class Outcome:
    """What became of a cheque. `transfer_id`: the exchange it pays, when there is one. `about`: the question
    that a refusal is about."""

    verdict: Verdict
    sentence: str
    transfer_id: uuid.UUID | None = None
    about: str = ""

    @property
    def label(self) -> str:
        """The verdict in French."""
        return VERDICT_LABELS[self.verdict]

    @property
    def done(self) -> bool:
        """Whether the exchange stands as it was keyed."""
        return self.verdict in (Verdict.NOTED, Verdict.ALREADY)


def issue_booklet(actor: Actor, member_id: uuid.UUID, booklet_id: uuid.UUID) -> Booklet:
    """Hand a booklet to a member. `booklet_id` is made by whoever asks: sent twice, one booklet.

    DomainError: the member has left.
    """
    member = get_member(member_id)
    authorize(policies.can_record(actor))
    if member.left_on or member.erased_at:
        raise DomainError(f"{member.name} n’est plus membre : un carnet ne lui servirait pas.")
    if known := find_booklet(booklet_id):
        return known
    booklet = Booklet(
        id=booklet_id,
        number=next_rank("cheques"),
        member_id=member.id,
        cheques=CHEQUES,
        operator_no=operator_of(actor),
    )
    db.session.add(booklet)
    db.session.flush()
    record(actor, "booklet.issued", member, number=booklet.number)
    return booklet


def void_booklet(actor: Actor, booklet_id: uuid.UUID) -> Booklet:
    """A booklet is lost: its cheques are no longer taken. Those already noted stay."""
    booklet = get_booklet(booklet_id, lock=True)
    authorize(policies.can_record(actor))
    if booklet.voided_at is None:
        booklet.voided_at = now()
        record(actor, "booklet.voided", _holder(booklet), number=booklet.number)
    return booklet


def restore_booklet(actor: Actor, booklet_id: uuid.UUID) -> Booklet:
    """The booklet was found again."""
    booklet = get_booklet(booklet_id, lock=True)
    authorize(policies.can_record(actor))
    if booklet.voided_at is not None:
        booklet.voided_at = None
        record(actor, "booklet.restored", _holder(booklet), number=booklet.number)
    return booklet


def key_cheques(actor: Actor, slips: Sequence[Slip]) -> list[Outcome]:
    """Note a pile of cheques, one outcome for each. Each is its own act: what is refused keeps no other back.

    The number of a cheque is the key of its exchange: keyed twice, at the same moment or years apart, it is
    noted once. Cancelled, the exchange frees the cheque, which can be keyed again.
    """
    authorize(policies.can_record(actor))
    commons = [Person(*account) for account in list_common_accounts()]
    givers = [find_person(slip.giver, commons) for slip in slips]
    payers = list_payers(slip.number.booklet for slip in slips)
    # A new author is a row of the register's own: before the locks.
    operator = operator_of(actor)
    accounts = {person.account_no for person in givers if isinstance(person, Person)}
    # From here, whoever keys one of these cheques waits until we have done, and then finds it noted.
    call(
        "ledger_lock_accounts",
        p_accounts=[*accounts, *(account_no for _, account_no in payers.values())],
    )
    return [_key(operator, slip, giver, payers) for slip, giver in zip(slips, givers, strict=True)]


def find_person(written: str, commons: Collection[Person] = ()) -> Person | str:
    """Who is meant, see search_people; or the sentence that says why nobody is."""
    found = search_people(written, commons)
    if len(found) == 1:
        return found[0]
    if not found:
        return f"Nous ne trouvons personne du nom de « {written} »."
    named = ", ".join(person.label for person in found[:5])
    return f"Plusieurs personnes s’appellent ainsi : {named}. Écrivez le nom avec son numéro."


def _key(
    operator: int,
    slip: Slip,
    giver: Person | str,
    payers: Mapping[int, tuple[Booklet, int]],
) -> Outcome:
    number = slip.number
    if not number.is_right(require_tenant_id()):
        return Outcome(
            Verdict.WRONG_NUMBER,
            "La lettre ne va pas avec ce numéro : relisez-le, chiffre par chiffre.",
        )
    if number.booklet not in payers or not 1 <= number.cheque <= payers[number.booklet][0].cheques:
        return Outcome(Verdict.WRONG_NUMBER, "Ce chèque n’est d’aucun de vos carnets.")
    booklet, payer = payers[number.booklet]
    uses = list_uses(booklet.id, number.cheque).get(number.cheque, [])
    if isinstance(giver, str):
        return Outcome(Verdict.UNKNOWN_PERSON, giver, about="giver")
    if uses and not uses[-1].corrected:
        return _compare(slip, giver, payer, uses[-1])
    if booklet.voided_at is not None:
        day = long_date(booklet.voided_at)
        return Outcome(
            Verdict.VOIDED, f"Ce carnet est annulé depuis le {day} : le chèque n’est pas noté."
        )
    return _post(operator, slip, giver, payer, booklet, turn=len(uses))


def _compare(slip: Slip, giver: Person, payer: int, use: Use) -> Outcome:
    noted = use.transfer
    names = name_accounts([noted.credit, noted.debit])
    what = (
        f"{names.get(noted.credit or 0, 'Quelqu’un')} a donné {duration(noted.minutes)}"
        f" à {names.get(noted.debit or 0, 'quelqu’un')} le {long_date(noted.happened_on)}."
        f" Noté par {use.keyed_by}, le {instant(noted.posted_at)}."
    )
    same = (noted.credit, noted.debit, noted.minutes, noted.happened_on) == (
        giver.account_no,
        payer,
        slip.minutes,
        slip.happened_on,
    )
    verdict = Verdict.ALREADY if same else Verdict.OTHERWISE
    return Outcome(verdict, what, noted.id)


def _post(
    operator: int, slip: Slip, giver: Person, payer: int, booklet: Booklet, turn: int
) -> Outcome:
    transfer_id = derived_id("cheque", booklet.id, slip.number.cheque, turn)
    try:
        call(
            "ledger_post_exchange",
            p_id=transfer_id,
            p_debit=payer,
            p_credit=giver.account_no,
            p_minutes=slip.minutes,
            p_on=slip.happened_on,
            p_operator=operator,
            p_kind="cheque",
        )
    except LedgerRefusal as refusal:
        verdict = Verdict.LIMIT if refusal.code in LIMITS else Verdict.REFUSED
        return Outcome(verdict, refusal.message, about=refusal.about)
    db.session.execute(
        sa.insert(ChequeUse).values(
            tenant_id=require_tenant_id(),
            booklet_id=booklet.id,
            cheque=slip.number.cheque,
            turn=turn,
            transfer_id=transfer_id,
        )
    )
    names = name_accounts([payer])
    sentence = f"{giver.name} a donné {duration(slip.minutes)} à {names.get(payer, 'quelqu’un')}."
    return Outcome(Verdict.NOTED, sentence, transfer_id)


def _holder(booklet: Booklet) -> Member:
    return get_member(booklet.member_id)
