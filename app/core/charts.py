"""Charts drawn on the server (Vega-Lite): the words and the table stand beside, on the page as on paper.

Colours are the variables of the theme, so that one drawing serves light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import vl_convert
from markupsafe import Markup, escape

WIDTH, HEIGHT = 400, 190
_AXIS = {
    "title": None,
    "domain": False,
    "ticks": False,
    "labelColor": "var(--encre-douce)",
    "labelFont": "inherit",
    "labelFontSize": 14,
    "labelPadding": 8,
}
_GRID = {"gridColor": "var(--filet)", "tickCount": 4, "format": ",d"}
_OPENING = re.compile(r'^<svg[^>]*?(viewBox="[^"]*")[^>]*>')
_SPOKEN = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')


def draw_columns(rows: Sequence[tuple[str, float]], label: str) -> Markup:
    """One column for each (short word, value), in their order; `label` tells the whole drawing in words."""
    chart: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": WIDTH,
        "height": HEIGHT,
        "background": "transparent",
        "config": {"view": {"stroke": None}},
        "data": {"values": [{"word": word, "value": value} for word, value in rows]},
        "mark": {"type": "bar", "color": "var(--accent)", "cornerRadiusEnd": 3},
        "encoding": {
            "x": {"field": "word", "sort": None, "axis": _AXIS | {"labelAngle": 0}},
            "y": {"field": "value", "type": "quantitative", "axis": _AXIS | _GRID},
        },
    }
    return _dress(vl_convert.vegalite_to_svg(chart, format_locale="fr-FR"), label)


def _dress(svg: str, label: str) -> Markup:
    # One image to whoever listens: its parts say nothing alone. No size of its own: the page gives it one.
    found = _OPENING.match(svg)
    assert found, svg[:200]  # noqa: S101 what Vega has always written first
    opening = f'<svg class="graphique" role="img" aria-label="{escape(label)}" {found[1]}>'
    return Markup(opening + _SPOKEN.sub("", svg[found.end() :]))  # noqa: S704 Vega escapes the words
