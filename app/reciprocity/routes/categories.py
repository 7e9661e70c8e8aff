"""The themes of offers and requests: everyone reads them, the network adds its own."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core.answers import attempt, flash_undo, show_form
from app.core.permissions import authorize
from app.reciprocity import policies
from app.reciprocity.commands import categories as commands
from app.reciprocity.forms.categories import CategoryForm
from app.reciprocity.queries.categories import list_categories

bp = Blueprint("themes", __name__, url_prefix="/<slug>/heures/themes")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The themes that are proposed, and those that were."""
    authorize(policies.can_read(g.actor))
    return render_template(
        "reciprocity/categories/index.html",
        categories=list_categories(),
        retired=list_categories(retired=True),
        can_manage=policies.can_manage_categories(g.actor),
    )


@bp.route("/nouveau", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Add a theme for the whole network."""
    authorize(policies.can_manage_categories(g.actor))
    form = CategoryForm()
    category = attempt(form, lambda: commands.add_category(g.actor, form.name.data or ""))
    if category is None:
        return show_form("reciprocity/categories/new.html", form)
    flash(f"Le thème « {category.name} » est proposé partout.")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:category_id>/retrait")
def retirement(category_id: uuid.UUID) -> ResponseReturnValue:
    """No longer propose a theme."""
    category = commands.retire_category(g.actor, category_id)
    back = url_for(".restoration", category_id=category_id)
    flash_undo(f"« {category.name} » n’est plus proposé.", back, "Le remettre")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:category_id>/retour")
def restoration(category_id: uuid.UUID) -> ResponseReturnValue:
    """Propose a theme again."""
    category = commands.restore_category(g.actor, category_id)
    flash(f"« {category.name} » est de nouveau proposé.")
    return redirect(url_for(".index"), 303)
