"""Everything about the hours of an organisation, to be taken elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, g, render_template, stream_with_context
from flask.typing import ResponseReturnValue

from app.core.access import fresh
from app.core.clock import today
from app.core.db import tenant_context
from app.core.listing import stream_csv, stream_zip
from app.core.permissions import authorize
from app.reciprocity import policies
from app.reciprocity.commands.exports import record_export
from app.reciprocity.commands.imports import TABLES
from app.reciprocity.queries.accounts import find_ledger
from app.reciprocity.queries.exports import Snapshot

bp = Blueprint("exports", __name__, url_prefix="/<slug>/heures/export")


@dataclass(frozen=True)
class File:
    """A table of the archive: its name, what it holds, its header, its rows."""

    name: str
    meaning: str
    header: tuple[str, ...]
    rows: Callable[[Snapshot], Iterable[Any]]


def _headers(kind: str, *besides: str) -> tuple[str, ...]:
    return (*(column.header for column in TABLES[kind]), *besides)


FILES = (
    File(
        "membres.csv",
        "Les membres et les groupes. Se reprend tel quel.",
        _headers("members"),
        Snapshot.list_members,
    ),
    File(
        "annonces.csv",
        "Les offres et les besoins, même retirés. Se reprend tel quel.",
        _headers("offers"),
        Snapshot.list_offers,
    ),
    File(
        "echanges.csv",
        "Tout ce qui a été donné et reçu, corrections comprises. Un échange à plusieurs tient sur"
        " plusieurs lignes. Se reprend tel quel et redonne les mêmes soldes.",
        _headers("exchanges", "Genre"),
        Snapshot.list_exchanges,
    ),
    File(
        "ecritures.csv",
        "Chaque ligne de chaque compte, dans son ordre. En minutes : + donné, − reçu.",
        ("Compte", "Rang", "Échange", "Minutes", "Solde après"),
        Snapshot.list_entries,
    ),
    File(
        "soldes.csv",
        "Chaque compte : solde, limites (en minutes ; vide : aucune), empreinte de sa dernière écriture.",
        (
            "Compte", "Nom", "Clé", "Genre", "Solde", "Réservé", "Plancher", "Plafond", "Rang",
            "Empreinte", "Fermé",
        ),
        Snapshot.list_balances,
    ),
    File(
        "cheques.csv",
        "Les carnets remis, et l’échange que chaque chèque a payé. Tour : combien de fois il fut corrigé.",
        ("Carnet", "Membre", "Remis le", "Annulé le", "Chèque", "Tour", "Échange"),
        Snapshot.list_cheques,
    ),
    File(
        "heures.csv",
        "Les heures dont le moment est connu : réciprocité, bénévolat, travail payé.",
        (
            "Clé", "Qui", "Clé de qui", "Jour", "Début", "Minutes", "Régime", "Activité", "Échange",
            "Retirées",
        ),
        Snapshot.list_hours,
    ),
)  # fmt: skip


@bp.get("/")
def show() -> ResponseReturnValue:
    """What the archive holds."""
    authorize(policies.can_manage(g.actor))
    return render_template("reciprocity/imports/export.html", files=FILES, ledger=find_ledger())


@bp.get("/archive")
@fresh
def archive() -> ResponseReturnValue:
    """The archive, made while it is sent."""
    record_export(g.actor)
    name = f"heures-{g.tenant.slug}-{today()}.zip"
    return Response(
        stream_with_context(_send(g.tenant.id)),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _send(tenant_id: uuid.UUID) -> Iterator[bytes]:
    # The request has ended, and its transaction with it, when the first byte is asked for.
    with tenant_context(tenant_id):
        yield from stream_zip(_files())


def _files() -> Iterator[tuple[str, Iterable[bytes]]]:
    snapshot = Snapshot()
    lines = [f"{file.name} : {file.meaning}\r\n" for file in FILES]
    yield "LISEZ-MOI.txt", [line.encode() for line in lines]
    for file in FILES:
        yield file.name, stream_csv(file.header, file.rows(snapshot))
