"""Charts: one image in words, in the colours of the theme, with nothing that a strict page refuses."""

from __future__ import annotations

from app.core.charts import draw_columns


def test_a_chart_is_one_image_told_in_words() -> None:
    drawn = draw_columns([("janv.", 12), ("févr.", 3.5)], "Heures « de janvier » & février")
    assert drawn.startswith('<svg class="graphique" role="img" aria-label="Heures « de janvier »')
    assert drawn.count("role=") == drawn.count("aria-label=") == 1
    assert "&amp; février" in drawn
    assert "style=" not in drawn
    assert "<script" not in drawn


def test_columns_keep_their_order_and_the_words_are_escaped() -> None:
    drawn = draw_columns([("mai", 1), ("avril", 2), ("<b>", 3)], "Heures")
    assert drawn.index(">mai<") < drawn.index(">avril<") < drawn.index(">&lt;b&gt;<")
    assert "var(--accent)" in drawn


def test_nothing_to_draw_is_an_empty_chart() -> None:
    assert draw_columns([], "Rien").startswith("<svg")
