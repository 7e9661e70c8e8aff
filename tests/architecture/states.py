"""`docs/states.md`, made from the table that drives the life of a convention."""

from __future__ import annotations

from pathlib import Path

from app.conventions.models.states import STATE_LABELS, TRANSITIONS, WHO_LABELS, State, Transition

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
INTRODUCTION = """\
# La vie d’une convention

Page écrite par `python -m tests.architecture.states` à partir de `app/conventions/models/states.py`, la
table qui commande aussi les boutons et les contrôles : ne la modifiez pas à la main. Ce que la table ne
permet pas est refusé, d’où que vienne la demande.

La condition est la propriété de `Convention` qui dit ce qui manque encore. « Raison » : la personne dit
pourquoi, et les autres parties le lisent.
"""
HEAD = "| de | passage | vers | qui | condition | raison |\n|---|---|---|---|---|---|\n"


def render_page() -> str:
    """What docs/states.md must hold."""
    rows = "".join(
        _render_row(source, step) for step in TRANSITIONS.values() for source in step.sources
    )
    return f"{INTRODUCTION}\n{HEAD}{rows}\n{_render_drawing()}"


def _render_row(source: State, step: Transition) -> str:
    cells = (
        f"{STATE_LABELS[source]} (`{source}`)",
        f"{step.label} (`{step.name}`)",
        f"{STATE_LABELS[step.target]} (`{step.target}`)",
        WHO_LABELS[step.who],
        f"`{step.guard}`" if step.guard else "",
        "oui" if step.asks_reason else "",
    )
    return f"| {' | '.join(cells)} |\n"


def _render_drawing() -> str:
    arrows = "".join(
        f"    {source} --> {step.target} : {step.name}\n"
        for step in TRANSITIONS.values()
        for source in step.sources
    )
    return f"```mermaid\nstateDiagram-v2\n    [*] --> {State.DRAFT}\n{arrows}```\n"


if __name__ == "__main__":
    PAGE.write_text(render_page())
