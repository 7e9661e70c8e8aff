"""The solidarity fund: its rule, its totals, gifts, grants."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import NoResultFound

from app.core.answers import attempt, download, flash_undo, page_number, show_form
from app.core.db import db
from app.core.listing import paginate
from app.core.permissions import authorize
from app.reciprocity import policies
from app.reciprocity.commands import fund as commands
from app.reciprocity.forms.fund import FundDraft, GiftForm, GrantForm, RuleForm
from app.reciprocity.queries import fund as queries
from app.reciprocity.queries.accounts import find_ledger, name_accounts
from app.reciprocity.queries.exchanges import list_common_accounts, list_people
from app.reciprocity.queries.fund import Movement

bp = Blueprint("fund", __name__, url_prefix="/<slug>/heures/fonds")
HEADER = ("Jour", "Sens", "Qui", "Minutes", "Règle", "Décision", "Annulé")
KINDS = (("gift", "Les dons"), ("grant", "Les coups de pouce"))


@bp.get("/")
def index() -> ResponseReturnValue:
    """What the fund got and gave, and by which rule. Never to whom."""
    authorize(policies.can_read(g.actor))
    is_team = policies.can_record(g.actor)
    totals = queries.get_totals()
    given, granted = (side.told(for_team=is_team) for side in (totals.given, totals.granted))
    return render_template(
        "reciprocity/fund/index.html",
        opened=find_ledger() is not None,
        given=given,
        granted=granted,
        left=totals.left if given and granted else None,
        rules=queries.list_rules(),
        can_record=is_team,
        can_manage=policies.can_manage(g.actor),
    )


@bp.get("/mouvements")
def movements() -> ResponseReturnValue:
    """Gifts and grants by name: for those who note them alone."""
    authorize(policies.can_record(g.actor))
    kind = request.args.get("genre", "")
    statement = queries.list_movements(kind=kind, sort=request.args.get("tri", "-date"))
    if "format" in request.args:
        rows = map(queries.as_movement, db.session.execute(statement))
        return download("Fonds de solidarité", HEADER, map(_cells, rows))
    page = paginate(statement, page_number(), entities=False)
    return render_template(
        "reciprocity/fund/movements.html",
        page=page,
        movements=[queries.as_movement(row) for row in page.rows],
        kinds=KINDS,
    )


@bp.route("/don", methods=["GET", "POST"])
def gift() -> ResponseReturnValue:
    """Give hours to the fund, for someone."""
    authorize(policies.can_record(g.actor))
    draft = FundDraft.read(request.args)
    if draft.account_no is None:
        return _ask_who("reciprocity/fund/giver.html", draft, list_common_accounts())
    form = GiftForm()
    act = (g.actor, draft.key, draft.account_no)
    if not attempt(form, lambda: commands.give_to_fund(*act, form.minutes.data, form.day.data)):
        return show_form(
            "reciprocity/fund/gift.html", form, draft=draft, name=_name(draft.account_no)
        )
    undo = url_for("exchanges.cancellation", transfer_id=draft.key)
    flash_undo("Le don est noté. Merci pour les autres.", undo, "Annuler ce don")
    return redirect(url_for(".index"), 303)


@bp.route("/coup-de-pouce", methods=["GET", "POST"])
def grant() -> ResponseReturnValue:
    """Give hours of the fund to someone."""
    authorize(policies.can_record(g.actor))
    draft = FundDraft.read(request.args)
    if draft.account_no is None:
        return _ask_who("reciprocity/fund/receiver.html", draft, [])
    rule = queries.find_rule()
    form = GrantForm.of(rule)
    act = (g.actor, draft.key, draft.account_no)
    if not attempt(form, lambda: commands.grant(*act, form.minutes.data, **form.told())):
        return show_form(
            "reciprocity/fund/grant.html",
            form,
            draft=draft,
            name=_name(draft.account_no),
            rule=rule,
            totals=queries.get_totals(),
        )
    undo = url_for("exchanges.cancellation", transfer_id=draft.key)
    flash_undo("Le coup de pouce est noté. Vous seuls savez pour qui.", undo, "L’annuler")
    return redirect(url_for(".index"), 303)


@bp.route("/regle", methods=["GET", "POST"])
def rule() -> ResponseReturnValue:
    """Adopt a new version of the rule."""
    authorize(policies.can_manage(g.actor))
    last = queries.find_rule()
    form = RuleForm.of(last)
    adopted = attempt(form, lambda: commands.adopt_rule(g.actor, form.sheet(), base=form.seen()))
    if adopted is None:
        return show_form("reciprocity/fund/rule.html", form, last=last)
    flash(f"La règle n° {adopted.number} est adoptée.")
    return redirect(url_for(".index"), 303)


@bp.get("/regles/<int:number>")
def version(number: int) -> ResponseReturnValue:
    """One version of the rule."""
    authorize(policies.can_read(g.actor))
    found = queries.find_rule(number) or abort(404)
    return render_template("reciprocity/fund/version.html", rule=found, last=queries.find_rule())


def _ask_who(template: str, draft: FundDraft, others: list[tuple[int, str]]) -> ResponseReturnValue:
    q = request.args.get("nom", "").strip()
    return render_template(template, draft=draft, q=q, people=list_people(q), others=others)


def _name(account_no: int) -> str:
    names = name_accounts([account_no])
    if not names:
        raise NoResultFound
    return names[account_no]


def _cells(movement: Movement) -> tuple[object, ...]:
    return (
        movement.transfer.happened_on.isoformat(),
        "reçu" if movement.delta > 0 else "donné",
        movement.name,
        movement.transfer.minutes,
        movement.rule_no,
        movement.decision,
        "oui" if movement.is_reversed else "",
    )
