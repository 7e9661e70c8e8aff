"""What awaits a person on the home of their organisation: each context contributes its tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core.permissions import Actor


@dataclass(frozen=True)
class Task:
    """One thing to do: a sentence, a detail, a button. A smaller `rank` comes first."""

    rank: int
    title: str
    detail: str
    button: str
    url: str


@dataclass(frozen=True)
class Section:
    """A part of the home page: a template and what it shows."""

    template: str
    context: dict[str, Any]


TaskProvider = Callable[[Actor], list[Task]]
SectionProvider = Callable[[Actor], Section | None]
_tasks: list[TaskProvider] = []
_sections: list[SectionProvider] = []


def gives_tasks(provider: TaskProvider) -> TaskProvider:
    """Register a context's tasks."""
    _tasks.append(provider)
    return provider


def gives_section(provider: SectionProvider) -> SectionProvider:
    """Register a context's section of the home page."""
    _sections.append(provider)
    return provider


def list_tasks(actor: Actor) -> list[Task]:
    """Everything that awaits the actor, most urgent first."""
    return sorted((t for give in _tasks for t in give(actor)), key=lambda task: task.rank)


def list_sections(actor: Actor) -> list[Section]:
    """The sections of the actor's home page, in the order of the contexts."""
    return [section for give in _sections if (section := give(actor))]
