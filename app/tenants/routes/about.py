"""The pages that explain: help, accessibility, personal data."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.core.access import public
from app.core.sessions import LIFETIME

bp = Blueprint("about", __name__)


@bp.get("/aide")
@public
def aid() -> ResponseReturnValue:
    """How to do the usual things, and whom to ask."""
    return render_template("tenants/about/aide.html")


@bp.get("/accessibilite")
@public
def accessibility() -> ResponseReturnValue:
    """What is accessible, what was tested, and what to do when it is not."""
    return render_template("tenants/about/accessibilite.html")


@bp.get("/donnees-personnelles")
@public
def personal_data() -> ResponseReturnValue:
    """What is kept about persons, why and how long."""
    return render_template("tenants/about/donnees.html", sessions_jours=LIFETIME.days)
