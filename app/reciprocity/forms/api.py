"""What programs send and receive, as JSON. Durations are minutes, days are Europe/Paris, ids are UUIDs."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Reason = Annotated[str, Field(min_length=1, max_length=500)]


def _on_a_paris_clock(read: time) -> time:
    if read.tzinfo:
        raise ValueError("a time of day in Paris has no zone")
    return read


Start = Annotated[time, AfterValidator(_on_a_paris_clock)]


class Sent(BaseModel):
    """A body that a program sends: an unknown field is a mistake, not a detail; true is not 1."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class ExchangeIn(Sent):
    """Someone gave, someone received. `giver` and `receiver` are account numbers."""

    giver: int
    receiver: int
    minutes: int = Field(ge=1, le=1440)
    happened_on: date
    starts_at: Start | None = None
    wording: str = Field(default="", max_length=500)


class Share(Sent):
    """What one account gave (+) or received (-), in minutes."""

    account: int
    minutes: int


class GroupIn(Sent):
    """An exchange between several; the shares sum to zero. `lasted_minutes` goes with `starts_at`."""

    shares: list[Share] = Field(min_length=2, max_length=200)
    happened_on: date
    starts_at: Start | None = None
    lasted_minutes: int | None = Field(default=None, ge=1, le=1440)
    wording: str = Field(default="", max_length=500)


class ReversalIn(Sent):
    """Why an exchange is undone."""

    reason: Reason


class AccountOut(BaseModel):
    """An account. `balance_minutes`: given less received. `head`: sha256 of its chain, hexadecimal.

    These and `version` are null for a key that only reads: beside the exchanges, a balance or a count of
    entries would tell whom the fund helps.
    """

    number: int
    kind: str
    name: str
    balance_minutes: int | None
    held_minutes: int
    floor_minutes: int
    ceiling_minutes: int
    version: int | None
    head: str | None
    closed: bool


class AccountPage(BaseModel):
    """Accounts by number; `next` is the `after` of the following page, null at the end."""

    items: list[AccountOut]
    next: int | None


class ExchangeOut(BaseModel):
    """A transfer. Of what the solidarity fund gives, no share is shown: whom it helps is not told. A key that
    only reads does not see it at all."""

    id: uuid.UUID
    kind: str
    happened_on: date
    posted_at: datetime
    minutes: int
    shares: list[Share]
    wording: str
    recorded_by: str
    corrects: uuid.UUID | None
    corrected_by: uuid.UUID | None
    replaced_by: uuid.UUID | None


class ExchangePage(BaseModel):
    """Transfers in the order they were written; `next` is the `after` of the following page, null at the end.

    The end is before what is being written at this moment: nothing appears later among what was read. To read
    what came since, ask again after the last item.
    """

    items: list[ExchangeOut]
    next: uuid.UUID | None


class Line(BaseModel):
    """An entry of an account. `balance_minutes`: after it."""

    version: int
    exchange: uuid.UUID
    kind: str
    happened_on: date
    posted_at: datetime
    minutes: int
    balance_minutes: int


class StatementOut(BaseModel):
    """An account and its entries, newest first; `next` is the `before` of the following page."""

    account: AccountOut
    lines: list[Line]
    next: int | None


class Problem(BaseModel):
    """What went wrong (RFC 9457). `code` names the refusal, `detail` says it in French."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str


def shapes() -> dict[str, type[BaseModel]]:
    """Every shape, by its name in the description of the interface."""
    return {
        shape.__name__: shape
        for shape in (
            ExchangeIn, Share, GroupIn, ReversalIn, AccountOut, AccountPage, ExchangeOut, ExchangePage,
            Line, StatementOut, Problem,
        )
    }  # fmt: skip
