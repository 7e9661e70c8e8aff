"""What the context prints: the text of a convention, its frozen document, its evidence file.

The resolved text is plain JSON: the page, the letters to the parties, the PDF and its attachment all
come from it, so they cannot disagree.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import segno
from flask import render_template

from app.conventions.models import Convention, Round, Variable, VariableKind
from app.core.documents import PdfAttachment, PdfMeta, RenderedPdf, render_pdf
from app.core.text import join_names, long_date
from app.tenants.queries import get_bulle

SEAL_FIELD = "sceau-du-reseau"
Text = dict[str, Any]


def resolve(convention: Convention, round_number: int) -> Text:
    """The whole text of a convention as it stands; what is not filled in shows its question in brackets."""
    bulle = get_bulle(convention.bulle_id) if convention.bulle_id else None
    payload = convention.entry.payload
    text: Text = {
        "number": convention.number,
        "round": round_number,
        "title": convention.title,
        "type": {
            "title": payload["title"],
            "version": payload["version"],
            "sha256": convention.entry.sha256,
        },
        "bulle": {"name": bulle.name, "place": bulle.place} if bulle else None,
        "starts_on": convention.starts_on.isoformat() if convention.starts_on else None,
        "ends_on": convention.ends_on.isoformat() if convention.ends_on else None,
        "parties": [_party(convention, party) for party in convention.parties],
        "values": {
            v.name: {"label": v.label, "kind": v.kind.value, "value": convention.values.get(v.name)}
            for v in convention.entry.schema
        },
    }
    text["articles"] = _articles(convention, text)
    return text


def _party(convention: Convention, party: Any) -> Text:
    labels = {r["role"]: r["label"] for r in convention.entry.payload["party_roles"]}
    return {
        "role": party.role,
        "role_label": labels.get(party.role, ""),
        "tenant_id": str(party.party_tenant_id) if party.party_tenant_id else None,
        "name": party.name,
        "legal": party.legal,
        "signatories": [
            {"id": str(s.id), "name": s.name, "title": s.title, "field": s.field}
            for s in party.signatories
        ],
    }


def _articles(convention: Convention, text: Text) -> list[Text]:
    shown = _built_in(text) | _shown_values(convention, text)
    tables = {v.name: v for v in convention.entry.schema if v.kind == VariableKind.TABLE}
    return [
        {
            "number": rank,
            "heading": clause["heading"],
            "sha256": clause["sha256"],
            "blocks": [_block(block, shown, tables, convention) for block in clause["blocks"]],
        }
        for rank, clause in enumerate(convention.entry.payload["clauses"], start=1)
    ]


def _built_in(text: Text) -> dict[str, str]:
    bulle = text["bulle"] or {"name": "[Bulle]", "place": "[adresse de la Bulle]"}
    return {
        "numero": text["number"],
        "titre": text["title"],
        "debut": _day(text["starts_on"], "[premier jour]"),
        "fin": _day(text["ends_on"], "[dernier jour]"),
        "bulle": bulle["name"],
        "adresse_bulle": bulle["place"],
        "parties": join_names([party["name"] for party in text["parties"]]),
    }


def _day(iso: str | None, missing: str) -> str:
    return long_date(datetime.fromisoformat(iso).date()) if iso else missing


def _shown_values(convention: Convention, text: Text) -> dict[str, str]:
    names = {party["role"]: party["name"] for party in text["parties"]}
    return {
        v.name: _shown(v, convention.values.get(v.name), names) for v in convention.entry.schema
    }


def _shown(variable: Variable, value: Any, names: dict[str, str]) -> str:
    if value in (None, "", []):
        return f"[{variable.label}]" if variable.required else "…"
    if variable.kind == VariableKind.PARTY:
        return names.get(value, f"[{variable.label}]")
    if variable.kind == VariableKind.TABLE:
        return " ; ".join(", ".join(row) for row in value)
    return variable.show(value)


def _block(
    block: Text, shown: dict[str, str], tables: dict[str, Variable], convention: Any
) -> Text:
    if block["kind"] == "list":
        return {"kind": "list", "items": [_line(item, shown) for item in block["items"]]}
    alone = block["content"][0].get("variable") if len(block["content"]) == 1 else None
    if alone in tables:
        rows = convention.values.get(alone) or []
        variable = tables[alone]
        return {
            "kind": "table", "caption": variable.label, "columns": variable.columns, "rows": rows,
        }  # fmt: skip
    return {"kind": "paragraph", "text": _line(block["content"], shown)}


def _line(parts: list[dict[str, str]], shown: dict[str, str]) -> str:
    return "".join(p["text"] if "text" in p else shown[p["variable"]] for p in parts)


def signatories_of(text: Text) -> list[Text]:
    """Everyone who signs a text, in order, each with the name of the party."""
    return [
        {**signatory, "party": party["name"]}
        for party in text["parties"]
        for signatory in party["signatories"]
    ]


def render_convention(round_: Round, frozen_at: datetime, verify_url: str) -> RenderedPdf:
    """The frozen document of a round: what everyone signs, byte for byte."""
    text = round_.text
    html = render_template(
        "pdf/conventions/convention.html",
        text=text,
        text_sha256=round_.text_sha256,
        signatories=signatories_of(text),
        seal_field=SEAL_FIELD,
        verify_url=verify_url,
        qr_code=_qr_code(verify_url),
    )
    return render_pdf(
        html,
        meta=PdfMeta(
            title=f"Convention {text['number']} : {text['title']}",
            author="Réseau des Bulles",
            subject=f"D’après « {text['type']['title']} », version {text['type']['version']}",
        ),
        attachment=PdfAttachment(
            "convention.json",
            "Les données de la convention",
            json.dumps(text, ensure_ascii=False, sort_keys=True, indent=2).encode(),
        ),
        frozen_at=frozen_at,
    )


def render_evidence(evidence: Text, sealed_at: datetime, verify_url: str) -> RenderedPdf:
    """The evidence file of a round: who, when, how identified, on which bytes, under which certificates."""
    html = render_template(
        "pdf/conventions/evidence.html",
        evidence=evidence,
        seal_field=SEAL_FIELD,
        verify_url=verify_url,
    )
    return render_pdf(
        html,
        meta=PdfMeta(
            title=f"Dossier de preuve de la convention {evidence['number']}",
            author="Réseau des Bulles",
            subject="Qui a signé, quand, et comment son identité a été vérifiée",
        ),
        attachment=PdfAttachment(
            "preuve.json",
            "Les faits de ce dossier",
            json.dumps(evidence, ensure_ascii=False, sort_keys=True, indent=2).encode(),
        ),
        frozen_at=sealed_at,
    )


def _qr_code(address: str) -> str:
    return segno.make(address, error="m").png_data_uri(scale=6, border=1)
