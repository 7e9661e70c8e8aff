"""The habits of the house, read in the code."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from app.conventions.models.states import TRANSITIONS
from app.core.audit import ACTIONS
from app.core.db import Model, TenantBound
from app.core.jobs import JOBS
from app.tenants.routes.works import LABELS
from migrations.rls import GLOBAL_TABLES
from tests.architecture.access import read_rows
from tests.architecture.catalogue import SHARED_TABLES
from tests.conftest import PROJECT
from worker.schedule import SCHEDULE

SOURCES = {
    path: path.read_text() for top in ("app", "worker") for path in (PROJECT / top).rglob("*.py")
}
TREES = {path: ast.parse(source) for path, source in SOURCES.items()}
TEMPLATES = {
    path.relative_to(PROJECT / "templates").as_posix(): path.read_text()
    for path in (PROJECT / "templates").rglob("*.*")
    if path.suffix != ".md"
}
FUNCTION_LINES, ROUTE_LINES, MODULE_LINES, TEMPLATE_LINES = 40, 20, 400, 120

# Who ends a transaction: the request, the job, the operator's command line.
COMMITTERS = ("app/core/", "app/web.py", "app/cli.py", "app/demonstration/")
# What a command may take first, when nobody acts in an organisation: a person for their own account, an
# id for a job or a personal link, an invitation that was opened; the rest says why.
FIRST = {"Actor", "Actor | None", "User", "uuid.UUID", "Invitation", "Convention"}
NOBODY_ACTS = {
    "ask_sign_in_link": "nobody is signed in yet",
    "send_sign_in_link": "the job of the same",
    "expire_conventions": "a periodic job of each organisation",
    "sweep_signatures": "a periodic job of each organisation",
    "check_register": "a periodic job of each organisation",
    "expire_requests": "a periodic job of each organisation",
    "propose_nettings": "the network's monthly work, of a month",
    "send_balances": "a monthly job of each organisation, of a month",
    "ask_link": "a member who has no account asks for the link of their space",
    "send_asked_links": "the job of the same",
    "confirm_address": "a member who has no account answers the letter sent to their new address",
    "purge_proofs": "a periodic job of the installation",
    "found_network": "the operator's command line: nobody is there yet",
    "load_territories": "the operator's command line",
}


def name_of(path: Path) -> str:
    """A file, from the root of the project."""
    return path.relative_to(PROJECT).as_posix()


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of a function, by its last name."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
                yield path, node


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Every function of a file."""
    return (node for node in ast.walk(TREES[path]) if isinstance(node, ast.FunctionDef))


def text_of(path: Path, node: ast.expr) -> str | None:
    """The text that an expression stands for: a literal, or a constant of its module; else None."""
    if isinstance(node, ast.Name):
        module = importlib.import_module(name_of(path).removesuffix(".py").replace("/", "."))
        found = getattr(module, node.id, None)
        return found if isinstance(found, str) else None
    return node.value if isinstance(node, ast.Constant) else None


def texts_of(path: Path) -> set[str]:
    """Every text written in a file."""
    constants = (node for node in ast.walk(TREES[path]) if isinstance(node, ast.Constant))
    return {node.value for node in constants if isinstance(node.value, str)}


def test_only_who_ends_a_transaction_commits() -> None:
    committers = {name_of(path) for path, _ in calls("commit")}
    assert {name for name in committers if not name.startswith(COMMITTERS)} == set()


def test_every_job_that_is_asked_for_is_registered() -> None:
    asked = {periodic.name for periodic in SCHEDULE}
    for path, call in calls("later"):
        if name := text_of(path, call.args[0]):
            asked.add(name)
    for path, call in calls("deliver"):
        kind = text_of(path, call.args[1])
        assert kind, f"{name_of(path)}:{call.lineno}: the kind of a letter is a constant"
        asked.add("{}.receive_{}".format(*kind.split(".")))
    assert asked - set(JOBS) == set()
    assert set(JOBS) - asked == set(), "a job that nobody asks for"


def test_every_job_can_be_read_on_the_page_of_jobs() -> None:
    assert set(LABELS) == set(JOBS)


def test_every_command_takes_who_acts_first() -> None:
    unknown = {
        f"{name_of(path)} {node.name}"
        for path in SOURCES
        if "/commands/" in name_of(path)
        for node in TREES[path].body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if not _knows_who_acts(node) and not _is_no_command(node)
    }
    assert unknown == set()


def _knows_who_acts(node: ast.FunctionDef) -> bool:
    first = node.args.args[0].annotation if node.args.args else None
    return node.name in NOBODY_ACTS or (first is not None and ast.unparse(first) in FIRST)


def _is_no_command(node: ast.FunctionDef) -> bool:
    """A check of what was typed, or a step of several commands: it takes what they loaded."""
    return not any(isinstance(call, ast.Call) and _writes(call) for call in ast.walk(node))


def _writes(call: ast.Call) -> bool:
    return ast.unparse(call.func) in {"db.session.add", "record", "later", "deliver", "take"}


def test_no_command_learns_who_acts_from_the_air() -> None:
    """Flask's g, request and session stay in the routes."""
    for path in SOURCES:
        if re.search(r"/(commands|queries|models)/|/policies\.py", name_of(path)):
            names = {node.id for node in ast.walk(TREES[path]) if isinstance(node, ast.Name)}
            assert not names & {"g", "request", "current_user"}, name_of(path)


def test_files_and_functions_stay_short() -> None:
    assert {name_of(p) for p, text in SOURCES.items() if text.count("\n") > MODULE_LINES} == set()
    long = {
        f"{name_of(path)} {function.name}"
        for path in SOURCES
        for function in functions(path)
        if function.end_lineno - function.lineno + 1 > FUNCTION_LINES
    }
    assert long == set()


def test_routes_stay_short() -> None:
    long = {
        f"{name_of(path)} {function.name}"
        for path in SOURCES
        if "/routes/" in name_of(path)
        for function in functions(path)
        if function.end_lineno - function.body[0].lineno + 1 > ROUTE_LINES
    }
    assert long == set()


def test_templates_stay_short() -> None:
    assert {n for n, text in TEMPLATES.items() if text.count("\n") > TEMPLATE_LINES} == set()


def test_every_template_is_used(app: Flask) -> None:
    written = set().union(*map(texts_of, SOURCES))
    inside = "\n".join(TEMPLATES.values())
    configured = {str(value) for key, value in app.config.items() if key.endswith("_TEMPLATE")}
    used = written | configured
    unused = {name for name in TEMPLATES if not _names(name) & used and f'"{name}"' not in inside}
    assert {name for name in unused if not _is_put_together(name, written)} == set()


def _names(name: str) -> set[str]:
    """How the code may call a template: whole, from its folder, or, for a mail, without its ending."""
    path = Path(name)
    return {name, path.name, *([path.stem] if name.startswith("emails/") else [])}


def _is_put_together(name: str, written: set[str]) -> bool:
    folder, _, file = name.rpartition("/")
    return {f"{folder}/", Path(file).stem} <= written


def test_every_model_of_an_organisation_is_bound_to_it() -> None:
    """A table is of one organisation (row security holds it), or it says why it is not."""
    for mapper in Model.registry.mappers:
        table = mapper.local_table.name
        owned = issubclass(mapper.class_, TenantBound) or table == "deliveries"
        assert owned != (table in {*SHARED_TABLES, *GLOBAL_TABLES}), table
        assert owned <= ("tenant_id" in mapper.local_table.primary_key.columns), table


def test_every_audit_action_is_declared_and_used() -> None:
    written = set().union(*(texts_of(path) for path in SOURCES if "/commands/" in name_of(path)))
    steps = {f"convention.{name}" for name in TRANSITIONS}
    assert set(ACTIONS) - written - steps == set(), "declared, and nobody records it"
    recorded = {text_of(path, call.args[1]) for path, call in calls("record")} - {None}
    assert (recorded | steps) - set(ACTIONS) == set()


def test_an_act_leads_to_a_page() -> None:
    """Sent twice by a reload, a form does nothing twice: its answer is a redirection, or a refusal."""
    acts = [row for row in read_rows() if row.method == "POST" and row.group != "security"]
    assert {row.endpoint for row in acts if "200" in row.answers.values()} == set()
