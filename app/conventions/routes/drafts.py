"""The pages that write the draft of a standard agreement: its clauses, its variables, its parties."""

from __future__ import annotations

import uuid

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.conventions import commands, policies, queries
from app.conventions.commands.types import PartyRole
from app.conventions.forms.types import AddedClauseForm, PartyRoleForm, VariableForm
from app.conventions.models import TypeVersion, Variable, VariableKind
from app.conventions.models.variables import VARIABLE_LABELS, blanks_of
from app.conventions.routes.types import bp
from app.core.answers import attempt, flash_undo, show_form
from app.core.db import db
from app.core.forms import SheetForm
from app.core.permissions import authorize


@bp.get("/<uuid:type_id>/brouillon")
def draft(type_id: uuid.UUID) -> ResponseReturnValue:
    """The draft, and all that can be done to it."""
    authorize(policies.can_read_library(g.actor))
    version = queries.get_draft(type_id)
    return _show_draft(version, _added_clause_form(version))


@bp.post("/<uuid:type_id>/brouillon/clauses")
def clauses(type_id: uuid.UUID) -> ResponseReturnValue:
    """Add a clause, last."""
    version = _writable(type_id)
    form = _added_clause_form(version)
    added = attempt(
        form, lambda: commands.put_clause(g.actor, version.id, form.chosen(), form.seen())
    )
    return _show_draft(version, form) if added is None else _back(type_id, "clauses")


@bp.post("/<uuid:type_id>/brouillon/clauses/<uuid:clause_version_id>")
def clause(type_id: uuid.UUID, clause_version_id: uuid.UUID) -> ResponseReturnValue:
    """Put a text: at the place it had, or instead of another text of its clause."""
    place = request.values.get("place", type=int)
    commands.put_clause(g.actor, _writable(type_id).id, clause_version_id, _seen(), position=place)
    return _back(type_id, "clauses")


@bp.post("/<uuid:type_id>/brouillon/clauses/<uuid:clause_version_id>/place")
def clause_place(type_id: uuid.UUID, clause_version_id: uuid.UUID) -> ResponseReturnValue:
    """Move a clause up or down."""
    commands.move_clause(g.actor, _writable(type_id).id, clause_version_id, _step(), _seen())
    return _back(type_id, "clauses")


@bp.post("/<uuid:type_id>/brouillon/clauses/<uuid:clause_version_id>/retrait")
def clause_removal(type_id: uuid.UUID, clause_version_id: uuid.UUID) -> ResponseReturnValue:
    """Take a clause out of the draft."""
    version = _writable(type_id)
    ids = version.clause_version_ids
    commands.remove_clause(g.actor, version.id, clause_version_id, _seen())
    undo = url_for(
        ".clause",
        type_id=type_id,
        clause_version_id=clause_version_id,
        place=ids.index(clause_version_id),
        version=version.lock_version,
    )
    flash_undo("La clause n’est plus dans le modèle.", undo, "La remettre")
    return _back(type_id, "clauses")


@bp.get("/<uuid:type_id>/brouillon/genres")
def variable_kinds(type_id: uuid.UUID) -> ResponseReturnValue:
    """Choose the kind of a new variable."""
    version, name = _writable(type_id), request.args.get("nom", "")
    return render_template(
        "conventions/types/kinds.html", draft=version, kinds=VARIABLE_LABELS, name=name
    )


@bp.route("/<uuid:type_id>/brouillon/nouvelle-variable", methods=["GET", "POST"])
def new_variable(type_id: uuid.UUID) -> ResponseReturnValue:
    """Describe a new variable of the kind that the address says."""
    kind = request.args.get("genre", "")
    if kind not in set(VariableKind):
        abort(404)
    return _describe_variable(_writable(type_id), VariableKind(kind), None)


@bp.route("/<uuid:type_id>/brouillon/variables/<name>", methods=["GET", "POST"])
def variable(type_id: uuid.UUID, name: str) -> ResponseReturnValue:
    """Describe a variable again."""
    version = _writable(type_id)
    known = _known_variable(version, name)
    return _describe_variable(version, known.kind, known)


@bp.post("/<uuid:type_id>/brouillon/variables/<name>/place")
def variable_place(type_id: uuid.UUID, name: str) -> ResponseReturnValue:
    """Ask a variable earlier or later."""
    commands.move_variable(g.actor, _writable(type_id).id, name, _step(), _seen())
    return _back(type_id, "variables")


@bp.route("/<uuid:type_id>/brouillon/variables/<name>/retrait", methods=["GET", "POST"])
def variable_removal(type_id: uuid.UUID, name: str) -> ResponseReturnValue:
    """Say what will happen, then stop asking for a variable."""
    version = _writable(type_id)
    known = _known_variable(version, name)
    form = SheetForm(version=version.lock_version)
    removed = attempt(
        form, lambda: commands.remove_variable(g.actor, version.id, name, form.seen())
    )
    if removed is None:
        template = "conventions/types/variable_removal.html"
        return show_form(template, form, draft=version, variable=known)
    return _back(type_id, "variables")


@bp.route("/<uuid:type_id>/brouillon/nouvelle-partie", methods=["GET", "POST"])
def new_party(type_id: uuid.UUID) -> ResponseReturnValue:
    """Describe a new party."""
    return _describe_party(_writable(type_id), None)


@bp.route("/<uuid:type_id>/brouillon/parties/<role>", methods=["GET", "POST"])
def party(type_id: uuid.UUID, role: str) -> ResponseReturnValue:
    """Describe a party again."""
    version = _writable(type_id)
    return _describe_party(version, _known_role(version, role))


@bp.post("/<uuid:type_id>/brouillon/parties/<role>/retrait")
def party_removal(type_id: uuid.UUID, role: str) -> ResponseReturnValue:
    """Take a party out of the draft."""
    version = _writable(type_id)
    known = _known_role(version, role)
    commands.remove_party_role(g.actor, version.id, role, _seen())
    undo = url_for(".party_return", type_id=type_id, version=version.lock_version, **known)
    flash_undo(f"« {known['label']} » n’est plus une partie.", undo, "La remettre")
    return _back(type_id, "parties")


@bp.post("/<uuid:type_id>/brouillon/parties/<role>/retour")
def party_return(type_id: uuid.UUID, role: str) -> ResponseReturnValue:
    """Put back a party that was just taken out."""
    label, required = request.args.get("label", ""), request.args.get("required") == "True"
    commands.put_party_role(g.actor, _writable(type_id).id, label, required, _seen(), role=role)
    return _back(type_id, "parties")


def _describe_variable(
    version: TypeVersion, kind: VariableKind, known: Variable | None
) -> ResponseReturnValue:
    form = VariableForm.of(version, kind, known, name=request.args.get("nom", ""))
    saved = attempt(
        form,
        lambda: commands.put_variable(
            g.actor,
            version.id,
            form.variable(kind),
            form.seen(),
            instead_of=known.name if known else None,
        ),
    )
    if saved is None:
        page = {"draft": version, "kind": VARIABLE_LABELS[kind], "known": known}
        return show_form("conventions/types/variable.html", form, **page)
    flash("La question est enregistrée.")
    return _back(version.type_id, "variables")


def _describe_party(version: TypeVersion, known: PartyRole | None) -> ResponseReturnValue:
    form = PartyRoleForm(version=version.lock_version, data=known)
    saved = attempt(
        form,
        lambda: commands.put_party_role(
            g.actor,
            version.id,
            str(form.label.data),
            form.required.data,
            form.seen(),
            role=known["role"] if known else None,
        ),
    )
    if saved is None:
        return show_form("conventions/types/party.html", form, draft=version, known=known)
    flash("La partie est enregistrée.")
    return _back(version.type_id, "parties")


def _show_draft(version: TypeVersion, form: AddedClauseForm) -> ResponseReturnValue:
    return show_form(
        "conventions/types/draft.html",
        form,
        draft=version,
        published=queries.get_type(version.type_id).published,
        blanks=blanks_of(version.schema),
        labels=VARIABLE_LABELS,
        can_write=policies.can_write_library(g.actor),
        can_publish=policies.can_publish(g.actor),
    )


def _added_clause_form(version: TypeVersion) -> AddedClauseForm:
    return AddedClauseForm.of(version, db.session.scalars(queries.list_clauses()).all())


def _writable(type_id: uuid.UUID) -> TypeVersion:
    version = queries.get_draft(type_id)
    authorize(policies.can_write_library(g.actor))
    return version


def _known_variable(version: TypeVersion, name: str) -> Variable:
    return next((v for v in version.schema if v.name == name), None) or abort(404)


def _known_role(version: TypeVersion, role: str) -> PartyRole:
    return next((r for r in version.party_roles if r["role"] == role), None) or abort(404)


def _seen() -> int:
    """The version of the draft on the page whose button was pressed."""
    return request.values.get("version", -1, int)


def _step() -> int:
    """Up (-1) unless the button says down (1)."""
    return 1 if request.form.get("sens") == "bas" else -1


def _back(type_id: uuid.UUID, section: str) -> ResponseReturnValue:
    return redirect(url_for(".draft", type_id=type_id, _anchor=section), 303)
