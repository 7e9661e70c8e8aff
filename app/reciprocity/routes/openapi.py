"""The description of the interface for programs (OpenAPI 3.1), made from its shapes and its routes."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, current_app, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.core.access import public
from app.core.config import settings
from app.reciprocity.forms.api import shapes

bp = Blueprint("openapi", __name__)
Object = dict[str, Any]

# endpoint of the blueprint "api" → what it takes, what it gives.
OPERATIONS: dict[str, tuple[str | None, str]] = {
    "accounts": (None, "AccountPage"),
    "account": (None, "AccountOut"),
    "statement": (None, "StatementOut"),
    "exchanges": (None, "ExchangePage"),
    "exchange": (None, "ExchangeOut"),
    "create_exchange": ("ExchangeIn", "ExchangeOut"),
    "create_group": ("GroupIn", "ExchangeOut"),
    "create_reversal": ("ReversalIn", "ExchangeOut"),
}
KEYED = {"create_exchange", "create_group"}
QUERIES = {
    "accounts": ("after", {"type": "integer"}, "Le numéro de compte après lequel continuer."),
    "statement": ("before", {"type": "integer"}, "Le rang avant lequel continuer."),
    "exchanges": (
        "after",
        {"type": "string", "format": "uuid"},
        "Le dernier échange lu. Ce qui est en train d’être noté vient à la lecture suivante.",
    ),
}
SUMMARIES = {
    "accounts": "Lire les comptes",
    "account": "Lire un compte",
    "statement": "Lire les écritures d’un compte",
    "exchanges": "Lire les échanges",
    "exchange": "Lire un échange",
    "create_exchange": "Noter un échange entre deux personnes",
    "create_group": "Noter un échange à plusieurs",
    "create_reversal": "Annuler un échange",
}
KINDS = {"int": {"type": "integer"}, "uuid": {"type": "string", "format": "uuid"}}


@bp.get("/api/openapi.json")
@public
def show() -> Response:
    """The whole description."""
    return jsonify(describe())


def describe() -> Object:
    """The description, as an object: one path for each address of the blueprint « api »."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Réseau des Bulles : les heures",
            "version": "1",
            "summary": "Lire et noter les échanges d’une organisation.",
            "description": "Les durées sont en minutes, les jours à l’heure de Paris. Une écriture porte"
            " un UUID dans `Idempotency-Key` : envoyée deux fois, elle est notée une fois.",
        },
        "servers": [{"url": settings().public_url}],
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas() -> Object:
    models: list[tuple[type[BaseModel], Literal["validation"]]]
    models = [(shape, "validation") for shape in shapes().values()]
    _, schema = models_json_schema(models, ref_template="#/components/schemas/{model}")
    defined: Object = schema["$defs"]
    return defined


def _paths() -> Object:
    paths: Object = {}
    for rule in current_app.url_map.iter_rules():
        blueprint, _, name = rule.endpoint.partition(".")
        if blueprint != "api":
            continue
        method = "post" if "POST" in (rule.methods or ()) else "get"
        address = rule.rule
        for argument in rule.arguments:
            address = _plain(address, argument)
        paths.setdefault(address, {})[method] = _operation(name, address)
    return dict(sorted(paths.items()))


def _plain(address: str, argument: str) -> str:
    for written in (f"<{argument}>", f"<int:{argument}>", f"<uuid:{argument}>"):
        address = address.replace(written, f"{{{argument}}}")
    return address


def _operation(name: str, address: str) -> Object:
    taken, given = OPERATIONS[name]
    operation: Object = {
        "operationId": name,
        "summary": SUMMARIES[name],
        "parameters": _parameters(name, address),
        "responses": {"200": _answer(given, "Voilà."), "default": _answer("Problem", "Refusé.")},
    }
    if taken:
        operation["requestBody"] = {"required": True, "content": _content(taken)}
        operation["responses"]["201"] = _answer(given, "C’est noté.")
    return operation


def _parameters(name: str, address: str) -> list[Object]:
    found = [_parameter("slug", {"type": "string"}, "L’organisation, comme dans son adresse.")]
    if "{number}" in address:
        found.append(_parameter("number", KINDS["int"], "Le numéro du compte."))
    if "{transfer_id}" in address:
        found.append(_parameter("transfer_id", KINDS["uuid"], "L’échange."))
    if name in QUERIES:
        found.append(_parameter(*QUERIES[name], where="query"))
    if name in KEYED:
        sentence = "Un UUID par échange, de version 4 ou 7 ; il devient son identifiant."
        found.append(_parameter("Idempotency-Key", KINDS["uuid"], sentence, where="header"))
    return found


def _parameter(name: str, schema: Object, sentence: str, where: str = "path") -> Object:
    return {
        "name": name,
        "in": where,
        "required": where != "query",
        "schema": schema,
        "description": sentence,
    }


def _answer(shape: str, sentence: str) -> Object:
    mimetype = "application/problem+json" if shape == "Problem" else "application/json"
    return {"description": sentence, "content": _content(shape, mimetype)}


def _content(shape: str, mimetype: str = "application/json") -> Object:
    return {mimetype: {"schema": {"$ref": f"#/components/schemas/{shape}"}}}
