"""Preparing a convention: from a standard agreement to a text that can be proposed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.conventions import policies
from app.conventions.models import Convention, Party, Signatory
from app.conventions.queries import get_catalogue_entry, get_convention
from app.core.audit import record
from app.core.clock import now
from app.core.crypto import normalise_email
from app.core.db import db
from app.core.errors import DomainError, StalePage
from app.core.numbering import next_number
from app.core.permissions import Actor, authorize
from app.tenants.queries import find_tenant, get_bulle, get_network, get_tenant

NETWORK_ROLE = "reseau"
OWNER_ROLE = "porteur"


@dataclass(frozen=True)
class SignatoryData:
    """Who signs: name, capacity (« présidente »), address where the link and the code go."""

    name: str
    title: str
    email: str


@dataclass(frozen=True)
class PartyData:
    """A party in one of the standard agreement's roles: an organisation of the network, or a name."""

    role: str
    tenant_id: uuid.UUID | None
    name: str
    legal: str
    signatories: Sequence[SignatoryData]


def prepare_convention(
    actor: Actor, catalogue_id: uuid.UUID, title: str, bulle_id: uuid.UUID | None
) -> Convention:
    """Begin a convention on a published standard agreement; Ocytocines and ourselves are already parties."""
    authorize(policies.can_prepare(actor))
    entry = get_catalogue_entry(catalogue_id)
    convention = Convention(
        number=next_number("convention"),
        title=title.strip(),
        search_key="",
        entry=entry,
        bulle_id=get_bulle(bulle_id).id if bulle_id else None,
        prepared_by_id=actor.user_id,
        prepared_by=actor.name,
        parties=_first_parties(actor, {r["role"] for r in entry.payload["party_roles"]}),
        steps=[],
        rounds=[],
    )
    convention.refresh_labels()
    db.session.add(convention)
    db.session.flush()
    record(actor, "convention.prepared", convention)
    return convention


def _first_parties(actor: Actor, roles: set[str]) -> list[Party]:
    network, owner = get_network(), get_tenant(actor.tenant_id)
    known = {NETWORK_ROLE: network, OWNER_ROLE: owner}
    if actor.is_network:
        del known[OWNER_ROLE]
    chosen = [(role, tenant) for role, tenant in known.items() if role in roles]
    return [
        Party(
            position=rank,
            role=role,
            party_tenant_id=tenant.id,
            is_owner=tenant.id == actor.tenant_id,
            name=tenant.name,
            legal=_legal(tenant),
            signatories=[],
        )
        for rank, (role, tenant) in enumerate(chosen, start=1)
    ]


def _legal(tenant: Any) -> str:
    seat = ", ".join(
        part for part in (tenant.address, f"{tenant.postcode} {tenant.city}".strip()) if part
    )
    numbers = [
        f"SIRET {tenant.siret}" if tenant.siret else "",
        f"RNA {tenant.rna}" if tenant.rna else "",
    ]
    return ", ".join(
        part for part in (*numbers, f"dont le siège est {seat}" if seat else "") if part
    )


def edit_convention(
    actor: Actor,
    convention_id: uuid.UUID,
    lock_version: int,
    *,
    title: str,
    bulle_id: uuid.UUID | None,
    starts_on: date | None,
    ends_on: date | None,
) -> Convention:
    """Change the title, the Bulle and the dates of a draft."""
    convention = _open_draft(actor, convention_id, lock_version)
    if starts_on and ends_on and ends_on < starts_on:
        raise DomainError("Le dernier jour vient avant le premier. Vérifiez les dates.")
    convention.title = title.strip()
    convention.bulle_id = get_bulle(bulle_id).id if bulle_id else None
    convention.starts_on, convention.ends_on = starts_on, ends_on
    return _edited(actor, convention, "convention.edited")


def fill_values(
    actor: Actor, convention_id: uuid.UUID, lock_version: int, values: dict[str, Any]
) -> Convention:
    """Keep the stored values (see Variable.parse) of some variables; an unknown one is refused."""
    convention = _open_draft(actor, convention_id, lock_version)
    if unknown := set(values) - {v.name for v in convention.entry.schema}:
        raise DomainError(f"Ce modèle ne demande pas « {min(unknown)} ».")
    convention.values = {**convention.values, **values}
    return _edited(actor, convention, "convention.edited")


def set_party(
    actor: Actor, convention_id: uuid.UUID, lock_version: int, data: PartyData
) -> Convention:
    """Put a party in a role, or replace who is there."""
    convention = _open_draft(actor, convention_id, lock_version)
    _check_party(convention, data)
    tenant = find_tenant(data.tenant_id) if data.tenant_id else None
    party = next((p for p in convention.parties if p.role == data.role), None)
    if party is None:
        last = max((p.position for p in convention.parties), default=0)
        party = Party(role=data.role, position=last + 1, signatories=[])
        convention.parties.append(party)
    party.party_tenant_id = tenant.id if tenant else None
    party.is_owner = tenant is not None and tenant.id == actor.tenant_id
    party.name = tenant.name if tenant else data.name.strip()
    party.legal = data.legal.strip() or (_legal(tenant) if tenant else "")
    _set_signatories(convention, party, data.signatories)
    return _edited(actor, convention, "convention.parties_changed")


def _check_party(convention: Convention, data: PartyData) -> None:
    if data.role not in {r["role"] for r in convention.entry.payload["party_roles"]}:
        raise DomainError("Ce modèle ne prévoit pas cette partie.")
    if not data.tenant_id and not data.name.strip():
        raise DomainError("Choisissez une organisation, ou écrivez le nom de la partie.")
    others = {p.party_tenant_id for p in convention.parties if p.role != data.role}
    if data.tenant_id and data.tenant_id in others:
        raise DomainError("Cette organisation est déjà une des parties.")


def _set_signatories(convention: Convention, party: Party, people: Sequence[SignatoryData]) -> None:
    # Rows are rewritten in place: an untouched signatory keeps its id, a draft has no other reader.
    kept = party.signatories[: len(people)]
    for rank, person in enumerate(people, start=1):
        signatory = kept[rank - 1] if rank <= len(kept) else Signatory(position=rank)
        signatory.name, signatory.title = person.name.strip(), person.title.strip()
        signatory.email = normalise_email(person.email)
        if rank > len(kept):
            signatory.convention_id = convention.id
            kept.append(signatory)
    party.signatories = kept


def remove_party(
    actor: Actor, convention_id: uuid.UUID, lock_version: int, party_id: uuid.UUID
) -> Convention:
    """Take a party out of a draft."""
    convention = _open_draft(actor, convention_id, lock_version)
    convention.parties.remove(_party(convention, party_id))
    return _edited(actor, convention, "convention.parties_changed")


def move_party(
    actor: Actor, convention_id: uuid.UUID, lock_version: int, party_id: uuid.UUID
) -> Convention:
    """Have a party sign one place earlier."""
    convention = _open_draft(actor, convention_id, lock_version)
    parties = list(convention.parties)
    rank = parties.index(_party(convention, party_id))
    if rank > 0:
        parties[rank - 1].position, parties[rank].position = (
            parties[rank].position,
            parties[rank - 1].position,
        )
    return _edited(actor, convention, "convention.parties_changed")


def _party(convention: Convention, party_id: uuid.UUID) -> Party:
    party = next((p for p in convention.parties if p.id == party_id), None)
    if party is None:
        raise DomainError("Cette partie n’est plus dans la convention.")
    return party


def _open_draft(actor: Actor, convention_id: uuid.UUID, lock_version: int) -> Convention:
    convention = get_convention(convention_id, lock=True)
    authorize(policies.can_prepare(actor))
    if not convention.is_open:
        raise DomainError(
            f"La convention est « {convention.state_label} » : son texte ne change plus."
            " Pour le changer, rouvrez d’abord le texte."
        )
    if convention.lock_version != lock_version:
        raise StalePage
    return convention


def _edited(actor: Actor, convention: Convention, action: str) -> Convention:
    convention.refresh_labels()
    convention.changed_at = now()
    record(actor, action, convention)
    return convention
