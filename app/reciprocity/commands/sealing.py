"""The daily seal: days are closed, then the register is hashed, then what was hashed is signed.

Three acts, each in a transaction of its own: a closing must be committed before the seal is made, and a
seal must be there before a timestamp service is asked. Each can be done again: a crash between two of
them loses nothing.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.core.clock import today
from app.core.services import signatures, storage
from app.reciprocity.commands.ledger import call
from app.reciprocity.models.chain import seal_text
from app.reciprocity.queries.accounts import find_ledger
from app.reciprocity.queries.proof import find_root_before, get_seal

PATIENCE = timedelta(seconds=30)
"""How long a seal waits for the postings that were being written when it began."""


def close_days() -> date | None:
    """Close the days whose grace is over; the last one closed, None when the register is not open."""
    ledger = find_ledger()
    if ledger is None:
        return None
    closed: date = call("ledger_close_days", p_through=today() - timedelta(days=ledger.grace_days))
    return closed


def write_seal() -> int:
    """Seal the register as it stands; the seal's number. After close_days, once that is committed.

    LedgerRefusal `postings_in_flight`: a posting lasts longer than PATIENCE, try later.
    """
    number: int = call("ledger_seal", p_patience=PATIENCE)
    return number


def sign_seal(number: int) -> None:
    """Sign and timestamp a seal; one that is signed is left alone. ServiceUnavailable: wait, then again."""
    seal = get_seal(number)
    if seal.signature_sha256 is not None:
        return
    signature = signatures().seal_bytes(seal_text(seal, find_root_before(number)))
    call("ledger_sign_seal", p_number=number, p_sha256=storage().put(signature))
