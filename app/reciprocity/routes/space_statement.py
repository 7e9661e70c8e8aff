"""A member's own statement."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.core.access import public
from app.core.limits import throttled
from app.reciprocity.routes.inside import inside, space
from app.reciprocity.routes.statements import answer_pdf, answer_statement

bp = inside("space_statement", __name__)


@bp.get("/releve")
@public
def show() -> ResponseReturnValue:
    """My statement."""
    return answer_statement("reciprocity/space/statement.html", space().account.number)


@bp.get("/releve.pdf")
@public
@throttled("10 per 10 minutes", method="GET")
def pdf() -> ResponseReturnValue:
    """The same, sealed."""
    return answer_pdf(space().account.number)
