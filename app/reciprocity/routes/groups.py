"""Exchanges between several people: who gave, who received, how long, each one's share, noted in one act."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from app.core.answers import attempt, blame, flash_undo, show_form
from app.core.errors import DomainError
from app.core.forms import Form
from app.core.permissions import authorize
from app.reciprocity import policies
from app.reciprocity.commands.accounts import close_group, open_bulle, open_group, reopen_group
from app.reciprocity.commands.exchanges import record_group
from app.reciprocity.forms.exchanges import Gathering, GatheringForm, GroupForm
from app.reciprocity.models import AccountKind
from app.reciprocity.queries.accounts import get_group, list_accounts, name_accounts
from app.reciprocity.queries.exchanges import list_common_accounts, list_people
from app.tenants.queries import list_joined_bulles, list_run_bulles

bp = Blueprint("groups", __name__, url_prefix="/<slug>/heures/groupe")
NOBODY = "Choisissez au moins une personne."


@bp.get("/")
def givers() -> ResponseReturnValue:
    """Who gave: boxes to tick."""
    authorize(policies.can_record(g.actor))
    gathering = Gathering.read(request.args)
    return _ask_who("donne", gathering)


@bp.get("/recu")
def receivers() -> ResponseReturnValue:
    """Who received."""
    authorize(policies.can_record(g.actor))
    gathering = Gathering.read(request.args)
    if not gathering.givers:
        flash(NOBODY, "error")
        return redirect(url_for(".givers", **gathering.address), 303)
    return _ask_who("recoit", gathering)


@bp.get("/duree")
def duration() -> ResponseReturnValue:
    """How long, and how to count."""
    authorize(policies.can_record(g.actor))
    gathering = Gathering.read(request.args)
    if not gathering.receivers:
        flash(NOBODY, "error")
        return redirect(url_for(".receivers", **gathering.address), 303)
    form = GatheringForm(formdata=request.args if "minutes" in request.args else None)
    return _show_duration(form, gathering)


@bp.route("/apercu", methods=["GET", "POST"])
def preview() -> ResponseReturnValue:
    """Each one's share, to be read; then noted."""
    authorize(policies.can_record(g.actor))
    gathering = Gathering.read(request.args)
    form = GatheringForm(formdata=request.args)
    shares = _share(form, gathering)
    if shares and request.method == "POST" and _record(form, gathering, shares):
        return redirect(url_for("exchanges.done", transfer_id=gathering.key), 303)
    if not shares or form.errors:
        return _show_duration(form, gathering)
    return render_template(
        "reciprocity/groups/preview.html",
        form=form,
        shares=shares,
        names=_names(gathering),
        address=gathering.address | form.told(),
    )


@bp.route("/comptes", methods=["GET", "POST"])
def accounts() -> ResponseReturnValue:
    """The accounts that are not one person's: groups, Bulles, the organisation."""
    can_record = policies.can_record(g.actor)
    authorize(can_record if request.method == "POST" else policies.can_read(g.actor))
    form = GroupForm()
    opened = attempt(form, lambda: open_group(g.actor, form.name.data or "", None))
    if opened:
        flash(f"« {opened.label} » peut donner et recevoir.")
        return redirect(url_for(".accounts"), 303)
    known = list_accounts(AccountKind.GROUP, AccountKind.BULLE, AccountKind.TENANT)
    shared = {account.bulle_id for account in known if account.kind == AccountKind.BULLE}
    bulles = [*list_run_bulles(g.tenant.id), *list_joined_bulles(g.tenant.id)]
    return show_form(
        "reciprocity/groups/accounts.html",
        form,
        accounts=known,
        bulles=[bulle for bulle in bulles if bulle.id not in shared],
        can_record=can_record,
        can_manage=policies.can_manage(g.actor),
    )


@bp.post("/bulles/<uuid:bulle_id>")
def bulle_account(bulle_id: uuid.UUID) -> ResponseReturnValue:
    """Open the account of a Bulle."""
    account = open_bulle(g.actor, bulle_id)
    flash(f"« {account.label} » peut donner et recevoir.")
    return redirect(url_for(".accounts"), 303)


@bp.route("/comptes/<int:number>/fermeture", methods=["GET", "POST"])
def closing(number: int) -> ResponseReturnValue:
    """A group is no more: what will happen to its hours, then do it."""
    authorize(policies.can_manage(g.actor))
    account, form = get_group(number), Form()
    if attempt(form, lambda: close_group(g.actor, number)) is None:
        return show_form("reciprocity/groups/closing.html", form, account=account)
    back = url_for(".reopening", number=number)
    flash_undo(f"Le compte « {account.label} » est fermé.", back, "Rouvrir ce compte")
    return redirect(url_for(".accounts"), 303)


@bp.post("/comptes/<int:number>/reouverture")
def reopening(number: int) -> ResponseReturnValue:
    """A group meets again."""
    account = reopen_group(g.actor, number)
    flash(f"Le compte « {account.label} » est rouvert.")
    return redirect(url_for(".accounts"), 303)


def _ask_who(asked: str, gathering: Gathering) -> ResponseReturnValue:
    """The page of one side; whoever is on the other side is not offered."""
    q = request.args.get(f"nom_{asked}", "").strip()
    names = _names(gathering)
    chosen = gathering.givers if asked == "donne" else gathering.receivers
    return render_template(
        "reciprocity/groups/who.html",
        asked=asked,
        gathering=gathering,
        names=names,
        q=q,
        chosen=[(number, names[number]) for number in chosen],
        people=list_people(q, gathering.numbers),
        others=list_common_accounts(gathering.numbers),
    )


def _show_duration(form: GatheringForm, gathering: Gathering) -> ResponseReturnValue:
    return show_form(
        "reciprocity/groups/duration.html", form, gathering=gathering, names=_names(gathering)
    )


def _names(gathering: Gathering) -> dict[int, str]:
    """The names of the people chosen so far. NoResultFound: one is nobody here."""
    names = name_accounts(gathering.numbers)
    if len(names) < len(set(gathering.numbers)):
        raise NoResultFound
    return names


def _share(form: GatheringForm, gathering: Gathering) -> dict[int, int]:
    """Account number → its share; empty, with the reason in the form, when it cannot be told."""
    if not gathering.givers or not gathering.receivers:
        raise NoResultFound
    if not form.validate():
        return {}
    try:
        return form.shares(gathering)
    except DomainError as refusal:
        blame(form, refusal)
        return {}


def _record(form: GatheringForm, gathering: Gathering, shares: dict[int, int]) -> bool:
    assert form.day.data  # noqa: S101 the field is required
    starts = form.starts.data
    try:
        record_group(
            g.actor,
            gathering.key,
            shares,
            form.day.data,
            wording=form.wording.data or "",
            starts_at=starts,
            lasted=form.minutes.data if starts else None,
        )
    except DomainError as refusal:
        blame(form, refusal)
        return False
    return True
