"""The statement of an account as a sealed PDF, the data that prove it, and how anyone checks them.

The data are an account's chain (models/chain.py) from a head that the register had sealed, or from its first
entry: whoever holds the file and the root certificate can replay it, without the register.
"""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime
from typing import Any

from flask import render_template

from app.core import services
from app.core.documents import PdfAttachment, PdfMeta, render_pdf
from app.core.pages import public_url
from app.core.text import duration, long_date, plural
from app.core.verification import Reading, reads_attachment
from app.reciprocity.models import GENESIS
from app.reciprocity.models.chain import core, link
from app.reciprocity.queries.statements import Movement, Proof, Statement, chain_line

FORMAT = "reseau-des-bulles/releve-heures/1"
SEAL_FIELD = "sceau-du-reseau"
TITLE = "Relevé d’heures"
SOUND = "Relevé d’heures intact"
UNSOUND = "Ce relevé d’heures ne tombe pas juste"
PRINTED = 1_000
"""Lines that are printed, the last ones: 7 seconds of work and 140 MB, then 5 of the 20 seconds that the
check of a file may take. All of it grows with the lines."""
PROVED = 10_000
"""Lines that the data may hold: half the bytes that are read of a file, a tenth of a second to replay."""
TOO_LONG = f"Il a plus de {plural(PROVED, 'ligne')} : nous n’en faisons pas d’aussi longs."


def seal_statement(statement: Statement, proof: Proof, organisation: str, at: datetime) -> bytes:
    """The statement as PDF/A-3a, its proof attached, sealed and timestamped. `at`: aware, to the second.

    ServiceUnavailable: the seal must wait for its timestamp.
    """
    verify_url = public_url("verification.index")
    told = [m for m in proof.movements if m.entry.version >= statement.first]
    html = render_template(
        "pdf/reciprocity/statement.html",
        statement=statement,
        proof=proof,
        movements=told[-PRINTED:],
        unprinted=max(0, len(told) - PRINTED),
        organisation=organisation,
        seal_field=SEAL_FIELD,
        verify_url=verify_url,
        at=at,
    )
    title = f"{TITLE} du compte {statement.number}, au {long_date(statement.on)}"
    data = json.dumps(to_data(statement, proof, organisation), ensure_ascii=False, indent=1)
    rendered = render_pdf(
        html,
        meta=PdfMeta(title=title, author=organisation, subject="Heures données et reçues"),
        attachment=PdfAttachment(
            "releve.json", "Les lignes du compte et leur chaîne", data.encode()
        ),
        frozen_at=at,
    )
    return services.signatures().seal(
        rendered.content, field=SEAL_FIELD, sealed_at=at, verify_url=verify_url
    )


def to_data(statement: Statement, proof: Proof, organisation: str) -> dict[str, Any]:
    """What the file carries: the facts of each line that the chain covers, and the heads between them."""
    number, head = statement.number, proof.base.head
    lines = []
    for movement in proof.movements:
        line = chain_line(movement)
        head = link(head, line.core, number, line.version, line.delta)
        lines.append(_facts(movement) | {"head": head.hex()})
    return {
        "format": FORMAT,
        "organisation": organisation,
        "account": number,
        "holder": statement.name,
        "since": statement.since.isoformat() if statement.since else None,
        "on": statement.on.isoformat(),
        "base": {
            "version": proof.base.version,
            "balance": proof.base.balance,
            "head": proof.base.head.hex(),
            "seal": proof.base.seal_no,
        },
        "lines": lines,
        "version": statement.version,
        "balance": statement.balance,
        "head": head.hex(),
    }


def _facts(movement: Movement) -> dict[str, Any]:
    entry, transfer = movement.entry, movement.transfer
    return {
        "version": entry.version,
        "delta": entry.delta,
        "transfer": str(transfer.id),
        "kind": transfer.kind,
        "debit": transfer.debit,
        "credit": transfer.credit,
        "minutes": transfer.minutes,
        "day": transfer.happened_on.isoformat(),
        "operator": transfer.operator_no,
        "posted_at": transfer.posted_at.isoformat(),
    }


@reads_attachment
def read_statement(data: dict[str, Any]) -> Reading | None:
    """Replay the chain of a statement's data: sound, or what is wrong; None for data of another kind."""
    if data.get("format") != FORMAT:
        return None
    try:
        faults = _faults(data) if len(data["lines"]) <= PROVED else [TOO_LONG]
        return Reading(
            UNSOUND if faults else SOUND, _sentence(data), _shown(data), tuple(faults[:5])
        )
    except Exception:
        # Written by a stranger, the data can fail anyhow; all of it means the same to the reader.
        return Reading(UNSOUND, "Ses données sont incomplètes.", (), ("Elles ne se lisent pas.",))


def _faults(data: dict[str, Any]) -> list[str]:
    base, number = data["base"], int(data["account"])
    head, balance, version = bytes.fromhex(base["head"]), int(base["balance"]), base["version"]
    faults = []
    if version == 0 and (head, balance) != (GENESIS, 0):
        faults.append("Il ne part pas d’un compte vide.")
    for line in data["lines"]:
        if line["version"] != version + 1:
            faults.append(f"Entre les lignes {version} et {line['version']}, il en manque.")
        version, delta = line["version"], line["delta"]
        if not _belongs(line, number):
            faults.append(f"La ligne {version} ne dit pas la même chose que son échange.")
        head = link(head, _core(line), number, version, delta)
        if head.hex() != line["head"]:
            faults.append(f"La ligne {version} a été changée.")
            head = bytes.fromhex(line["head"])
        balance += delta
    if balance != data["balance"]:
        faults.append(f"Les lignes font {duration(balance)}, et non {duration(data['balance'])}.")
    if (version, head.hex()) != (data["version"], data["head"]):
        faults.append("L’empreinte finale n’est pas celle de la dernière ligne.")
    return faults


def _belongs(line: dict[str, Any], number: int) -> bool:
    """Whether the line is what its transfer did to the account; of a group, the chain alone can tell."""
    debit, credit, minutes = line["debit"], line["credit"], line["minutes"]
    if debit is None and credit is None:
        return True
    return {debit: -minutes, credit: minutes}.get(number) == int(line["delta"])


def _core(line: dict[str, Any]) -> bytes:
    return core(
        uuid.UUID(line["transfer"]),
        line["kind"],
        line["debit"],
        line["credit"],
        line["minutes"],
        date.fromisoformat(line["day"]),
        line["operator"],
        datetime.fromisoformat(line["posted_at"]),
    )


def _sentence(data: dict[str, Any]) -> str:
    on = long_date(date.fromisoformat(data["on"]))
    sign = "+" if data["balance"] > 0 else ""
    return f"Compte {data['account']}, solde {sign}{duration(data['balance'])} au {on}."


def _shown(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    base = data["base"]
    start = f"sceau n° {base['seal']} du registre" if base["version"] else "ouverture du compte"
    return (
        ("Titulaire", f"{data['holder']}, {data['organisation']}"),
        ("Lignes rejouées", f"{len(data['lines'])}, depuis : {start}"),
        ("Empreinte du compte", str(data["head"])),
    )
