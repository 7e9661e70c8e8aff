"""How routes answer: a form taken or sent back, a list shown or downloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from flask import Response, abort, flash, render_template, request
from flask.typing import ResponseReturnValue

from app.core.clock import today
from app.core.errors import DomainError
from app.core.forms import Form
from app.core.listing import to_csv, to_ods
from app.core.text import slugify

Done = TypeVar("Done")


def attempt(form: Form, act: Callable[[], Done]) -> Done | None:
    """Act when the form was sent and is whole. None: show the form, whose errors say why; a refusal
    of the trade is one of them."""
    if not form.validate_on_submit():
        return None
    try:
        return act()
    except DomainError as refusal:
        blame(form, refusal)
        return None


def blame(form: Form, refusal: DomainError) -> None:
    """Write a refusal beside the question that it is about; on top of the form when it asks no such one."""
    if refusal.about in form:
        field = form[refusal.about]
        field.errors = [*field.errors, refusal.message]
    else:
        form.form_errors.append(refusal.message)


def show_form(template: str, form: Form, **context: Any) -> ResponseReturnValue:
    """The page of a form: 422 when it comes back with errors, and what was typed in it."""
    page = render_template(template, form=form, **context)
    return page, 422 if form.errors else 200


def flash_undo(sentence: str, undo_url: str, undo_word: str) -> None:
    """Say a success on the next page, with the button that undoes it."""
    message: Any = {"phrase": sentence, "annulation_url": undo_url, "annulation_mot": undo_word}
    flash(message)


def page_number() -> int:
    """The page of a list that the address asks for."""
    return request.args.get("page", 1, int)


def download(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """The whole list in the format that the address asks for; an unknown one is not found."""
    match request.args.get("format"):
        case "csv":
            body, mimetype = to_csv(header, rows), "text/csv"
        case "ods":
            body = to_ods(title, header, rows)
            mimetype = "application/vnd.oasis.opendocument.spreadsheet"
        case _:
            abort(404)
    name = f"{slugify(title)}-{today()}.{request.args['format']}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype=mimetype, headers=disposition)
