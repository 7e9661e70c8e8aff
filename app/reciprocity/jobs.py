"""The context's background work: ids in, one command called."""

from __future__ import annotations

import uuid
from datetime import timedelta

from app.core.crypto import open_json
from app.core.jobs import job, job_within, later
from app.reciprocity.commands import (
    clearing,
    holds,
    imports,
    links,
    netting,
    offers,
    sealing,
    verifying,
)

HOURS = timedelta(hours=6)
"""For work that reads a whole register or a whole file: 400 million movements, at 20 000 a second."""


@job
def seal_register() -> None:
    """Once a day: close the days whose grace is over, then have the register sealed."""
    if sealing.close_days() is not None:
        later("reciprocity.write_seal")


@job_within(HOURS)
def write_seal() -> None:
    """The days are closed: seal the register, then have the seal signed."""
    later("reciprocity.sign_seal", number=sealing.write_seal())


@job
def sign_seal(number: str) -> None:
    """A seal has to be signed and timestamped."""
    sealing.sign_seal(int(number))


@job_within(HOURS)
def check_register() -> None:
    """Once a night, and when someone asks: check the register whole."""
    verifying.check_register()


@job
def receive_limit(delivery_id: str) -> None:
    """Another organisation said how far it would exchange hours with us."""
    clearing.receive_limit(uuid.UUID(delivery_id))


@job
def receive_balances(delivery_id: str) -> None:
    """An organisation told the network what it owes the others."""
    netting.receive_balances(uuid.UUID(delivery_id))


@job
def receive_netting(delivery_id: str) -> None:
    """The network proposes to cancel a loop of debts."""
    netting.receive_netting(uuid.UUID(delivery_id))


@job
def receive_netting_answer(delivery_id: str) -> None:
    """Another organisation answered about a loop of debts."""
    netting.receive_netting_answer(uuid.UUID(delivery_id))


@job
def post_netting(netting_id: str) -> None:
    """We accepted a compensation: it is written once everyone has."""
    netting.post_netting(uuid.UUID(netting_id))


@job
def tend_nettings() -> None:
    """Each day: tell the network our balances once a month, end what was not accepted in its month."""
    netting.tend_nettings()


@job
def send_space_links(sealed: str) -> None:
    """Look for the address that asked for the link of a space, and send it to whoever it belongs to."""
    links.send_asked_links(open_json(sealed)["email"])


@job
def remind_request(hold_id: str) -> None:
    """A request has waited for a week: write once more to who must answer."""
    holds.remind_request(uuid.UUID(hold_id))


@job
def expire_requests() -> None:
    """Every hour: give back the minutes of the requests that nobody answered."""
    holds.expire_requests()


@job
def remind_offers() -> None:
    """Once a day: notices end soon, and their members are told."""
    offers.remind_offers()


@job_within(HOURS)
def try_import(run_id: str) -> None:
    """A file was brought: it has to be read against the register."""
    imports.try_import(uuid.UUID(run_id))


@job_within(HOURS)
def carry_out_import(run_id: str, user_id: str, by: str) -> None:
    """A file was accepted: it has to be taken in."""
    imports.carry_out_import(uuid.UUID(run_id), uuid.UUID(user_id), by)


@job
def forget_imports() -> None:
    """Once a day: erase the files that nobody took in."""
    imports.forget_imports()
