"""How Flask-Security's pages are answered."""

from __future__ import annotations

from typing import Any

from flask import render_template
from wtforms import Form


def render_page(template: str, **context: Any) -> tuple[str, int]:
    """The page; a form that comes back with errors answers 422, like everywhere else."""
    forms = [value for value in context.values() if isinstance(value, Form)]
    refused = any(form.errors or form.form_errors for form in forms)
    return render_template(template, **context), 422 if refused else 200
