"""Who may reach a view. The default is a member of the URL's tenant, or a signed-in person without tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Anyone may reach this view (health, verification, a personal link that carries its own proof)."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def fresh(view: View) -> View:
    """The person must have proved who they are a few minutes ago (signing, administering)."""
    view.needs_fresh = True  # type: ignore[attr-defined]
    return view


def is_public(view: Callable[..., Any]) -> bool:
    """Whether the view is marked public."""
    return getattr(view, "is_public", False)


def needs_fresh(view: Callable[..., Any]) -> bool:
    """Whether the view asks for a recent sign-in."""
    return getattr(view, "needs_fresh", False)
