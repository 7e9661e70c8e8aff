"""The page of a Bulle: what its people exchanged, whom to invite, what nobody offers yet."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from app.core.answers import download
from app.core.charts import draw_columns
from app.core.clock import today
from app.core.permissions import authorize
from app.core.text import MONTHS, SHORT_MONTHS, duration
from app.reciprocity import policies
from app.reciprocity.models.few import FEW, Tally, add_up, tell
from app.reciprocity.queries.figures import (
    list_unmet_needs,
    map_bulles,
    map_months,
    split_people,
)
from app.reciprocity.queries.suggestions import list_repetitions, suggest_loops
from app.tenants.queries import list_run_bulles

bp = Blueprint("figures", __name__, url_prefix="/<slug>/heures/chiffres")
HEADER = ("Mois", "Heures")
Month = tuple[date, Tally | None]
"""Its first day, and what was exchanged; None when that is not shown."""


@bp.get("/")
def index() -> ResponseReturnValue:
    """The organisation, or one of its Bulles (`bulle`), in one quarter (`trimestre`, as 2026-4)."""
    authorize(policies.can_read(g.actor))
    bulle_id = request.args.get("bulle", type=uuid.UUID)
    quarter = _quarter(request.args.get("trimestre", ""))
    is_team = policies.can_record(g.actor)
    months = _months(bulle_id, quarter[1], is_team)
    if "format" in request.args:
        return download("Heures échangées", HEADER, map(_cells, months))
    return render_template(
        "reciprocity/figures/index.html",
        venues=[(str(bulle.id), bulle.name) for bulle in list_run_bulles(g.tenant.id)],
        venue=str(bulle_id or ""),
        is_team=is_team,
        few=FEW,
        needs=list_unmet_needs(bulle_id, today()),
        months=[(_name(first), told) for first, told in months],
        chart=_draw(months),
        **_quarterly(bulle_id, quarter, months, is_team),
        **(_suggestions(bulle_id) if is_team else {"loops": [], "repetitions": []}),
    )


def _quarterly(
    bulle_id: uuid.UUID | None, quarter: tuple[date, date], months: list[Month], is_team: bool
) -> dict[str, Any]:
    first, last = quarter
    lately = [told for month, told in months if month >= first]
    return {
        "quarters": [_quarter_before(n) for n in range(8)],
        "quarter": f"{first.year}-{(first.month + 2) // 3}",
        # Of a sum, the months shown would give the month that is not.
        "exchanged": None if None in lately else add_up(filter(None, lately)).minutes,
        "told": _tell(map_bulles(first, last), bulle_id, is_team),
        "people": split_people(bulle_id, first, last),
    }


def _suggestions(bulle_id: uuid.UUID | None) -> dict[str, Any]:
    return {
        "loops": suggest_loops(bulle_id, today()),
        "repetitions": list_repetitions(bulle_id, today()),
    }


def _months(bulle_id: uuid.UUID | None, last: date, is_team: bool) -> list[Month]:
    # Twelve months, the last one being that of the day given.
    firsts = [last.replace(day=1)]
    while len(firsts) < 12:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    found = map_months(firsts[-1], last)
    return [(first, _tell(found.get(first, {}), bulle_id, is_team)) for first in reversed(firsts)]


def _tell(
    bulles: dict[uuid.UUID | None, Tally], bulle_id: uuid.UUID | None, is_team: bool
) -> Tally | None:
    # One Bulle beside the others, or all of them together.
    if bulle_id:
        return tell(bulles, for_team=is_team).get(bulle_id, Tally())
    return add_up(bulles.values()).told(for_team=is_team)


def _draw(months: list[Month]) -> Any:
    total = duration(add_up(told for _, told in months if told).minutes)
    columns = [
        (SHORT_MONTHS[first.month - 1] + ("" if told else "*"), told.minutes / 60 if told else 0)
        for first, told in months
    ]
    return draw_columns(columns, f"Heures échangées chaque mois depuis un an : {total} en tout")


def _cells(month: Month) -> tuple[str, str]:
    first, told = month
    return _name(first), f"{told.minutes / 60:.2f}".replace(".", ",") if told else ""


def _name(first: date) -> str:
    return f"{MONTHS[first.month - 1]} {first.year}"


def _quarter(asked: str) -> tuple[date, date]:
    # The first day and the last one that has come; the current quarter when the address makes no sense.
    year, _, number = asked.partition("-")
    if not (year.isdecimal() and number in {"1", "2", "3", "4"} and 2000 <= int(year) <= 2999):
        year, number = str(today().year), str((today().month + 2) // 3)
    first = date(int(year), 3 * int(number) - 2, 1)
    after = (first + timedelta(days=95)).replace(day=1)
    return first, min(after - timedelta(days=1), max(first, today()))


def _quarter_before(count: int) -> tuple[str, str]:
    rank = today().year * 4 + (today().month - 1) // 3 - count
    year, quarter = divmod(rank, 4)
    word = "1er" if quarter == 0 else f"{quarter + 1}e"
    return f"{year}-{quarter + 1}", f"{word} trimestre {year}"
