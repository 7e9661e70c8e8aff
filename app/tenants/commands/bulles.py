"""Opening a Bulle, keeping its sheet, its associations and the history of its stages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.core.audit import record
from app.core.clock import today
from app.core.db import db, new_id
from app.core.errors import DomainError, StalePage
from app.core.permissions import Actor, authorize
from app.core.text import fold, long_date
from app.tenants import policies, queries
from app.tenants.models import (
    Bulle,
    BulleAssociation,
    Stage,
    StagePassage,
    StepFreeAccess,
    Tenant,
    Territory,
)
from app.tenants.models.identifiers import read_postcode


@dataclass(frozen=True)
class BulleSheet:
    """The public sheet of a Bulle. Coordinates: degrees, WGS 84, both or none. The landlord is an
    organisation of the network, or only a name."""

    name: str
    description: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    territory: Territory | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    step_free_access: StepFreeAccess = StepFreeAccess.UNKNOWN
    landlord: Tenant | None = None
    landlord_name: str = ""

    @classmethod
    def of(cls, bulle: Bulle) -> BulleSheet:
        """What the sheet says now."""
        return cls(
            name=bulle.name,
            description=bulle.description,
            address=bulle.address,
            postcode=bulle.postcode,
            city=bulle.city,
            territory=queries.find_territory(bulle.territory_kind, bulle.territory_code),
            latitude=bulle.latitude,
            longitude=bulle.longitude,
            step_free_access=StepFreeAccess(bulle.step_free_access),
            landlord=bulle.landlord,
            landlord_name=bulle.landlord_name,
        )


@dataclass(frozen=True)
class Passage:
    """The entry into a stage: the day, who decided it, and what was decided."""

    stage: Stage
    entered_on: date
    decided_by: str
    decision: str = ""


def open_bulle(
    actor: Actor, porteur_id: uuid.UUID, sheet: BulleSheet, first_passage: Passage
) -> Bulle:
    """Open a Bulle run by one organisation, at its first stage."""
    porteur = queries.get_tenant(porteur_id)
    authorize(policies.can_open_bulles(actor))
    _refuse_closed(porteur)
    _refuse_future(first_passage.entered_on)
    bulle = Bulle(id=new_id(), porteur=porteur)
    _write(bulle, sheet)
    bulle.associations = []
    bulle.passages = [_passage_row(actor, first_passage)]
    db.session.add(bulle)
    db.session.flush()
    record(actor, "bulle.opened", bulle, stage=first_passage.stage.value)
    return bulle


def update_bulle(
    actor: Actor, bulle_id: uuid.UUID, sheet: BulleSheet, *, version: int | None = None
) -> Bulle:
    """Change a sheet. StalePage when `version`, the one shown, is no longer the last."""
    bulle = queries.get_bulle(bulle_id)
    authorize(policies.can_edit_bulle(actor, bulle))
    if version not in (None, bulle.version):
        raise StalePage
    _write(bulle, sheet)
    record(actor, "bulle.updated", bulle)
    return bulle


def entrust_bulle(actor: Actor, bulle_id: uuid.UUID, porteur_id: uuid.UUID) -> Bulle:
    """Give a Bulle to another porteur."""
    bulle, porteur = queries.get_bulle(bulle_id), queries.get_tenant(porteur_id)
    authorize(policies.can_open_bulles(actor))
    _refuse_closed(porteur)
    if bulle.porteur_id != porteur.id:
        bulle.porteur = porteur
        record(actor, "bulle.entrusted", bulle, porteur=porteur.name)
    return bulle


def add_association(
    actor: Actor, bulle_id: uuid.UUID, tenant_id: uuid.UUID, since_on: date
) -> BulleAssociation:
    """Say that an organisation acts in the Bulle from a day on. DomainError: it already does."""
    # The Bulle stays locked until the commit: the same form sent twice adds one row.
    bulle = queries.get_bulle(bulle_id, lock=True)
    authorize(policies.can_edit_bulle(actor, bulle))
    tenant = queries.get_tenant(tenant_id)
    _refuse_closed(tenant)
    if any(a.tenant_id == tenant.id and a.is_running(since_on) for a in bulle.associations):
        raise DomainError(f"{tenant.short_name} agit déjà dans cette Bulle.")
    association = BulleAssociation(tenant=tenant, since_on=since_on)
    bulle.associations.append(association)
    record(actor, "bulle.association_joined", bulle, association=tenant.name)
    return association


def end_association(
    actor: Actor, bulle_id: uuid.UUID, association_id: uuid.UUID, until_on: date
) -> BulleAssociation:
    """Say the last day an organisation acts in the Bulle. NoResultFound: not of this Bulle."""
    bulle = queries.get_bulle(bulle_id, lock=True)
    authorize(policies.can_edit_bulle(actor, bulle))
    association = queries.get_association(bulle, association_id)
    if until_on < association.since_on:
        raise DomainError(
            f"{association.tenant.short_name} agit ici depuis le"
            f" {long_date(association.since_on)}. Choisissez ce jour, ou un jour plus tard."
        )
    association.until_on = until_on
    record(actor, "bulle.association_left", bulle, association=association.tenant.name)
    return association


def record_passage(actor: Actor, bulle_id: uuid.UUID, passage: Passage) -> StagePassage:
    """Enter the Bulle into a stage. DomainError: in the future, before the current stage, or the
    stage it already is at (a form sent twice)."""
    bulle = queries.get_bulle(bulle_id, lock=True)
    authorize(policies.can_open_bulles(actor))
    _refuse_future(passage.entered_on)
    current = bulle.standing_passages[-1]
    if passage.stage == bulle.stage:
        raise DomainError(f"La Bulle est déjà à l’étape « {bulle.stage.label} ».")
    if passage.entered_on < current.entered_on:
        raise DomainError(
            f"L’étape « {current.label} » a commencé le {long_date(current.entered_on)}."
            " Choisissez ce jour, ou un jour plus tard."
        )
    row = _passage_row(actor, passage)
    bulle.passages.append(row)
    record(actor, "bulle.stage_entered", bulle, stage=passage.stage.value)
    return row


def correct_passage(
    actor: Actor, bulle_id: uuid.UUID, passage_id: uuid.UUID, passage: Passage
) -> StagePassage:
    """Correct a passage: a new row that names the wrong one, which stays. NoResultFound: not of
    this Bulle. DomainError: in the future, or already corrected."""
    bulle = queries.get_bulle(bulle_id, lock=True)
    authorize(policies.can_open_bulles(actor))
    _refuse_future(passage.entered_on)
    wrong = queries.get_passage(bulle, passage_id)
    if wrong not in bulle.standing_passages:
        raise DomainError("Cette étape est déjà corrigée. Corrigez plutôt la plus récente.")
    row = _passage_row(actor, passage)
    row.corrects_id = wrong.id
    bulle.passages.append(row)
    record(actor, "bulle.stage_corrected", bulle, stage=passage.stage.value)
    return row


def _write(bulle: Bulle, sheet: BulleSheet) -> None:
    if (sheet.latitude is None) != (sheet.longitude is None):
        raise DomainError("Donnez la latitude et la longitude, ou aucune des deux.")
    bulle.name, bulle.sort_key = sheet.name.strip(), fold(sheet.name.strip())
    bulle.description = sheet.description.strip()
    bulle.address, bulle.city = sheet.address.strip(), sheet.city.strip()
    bulle.postcode = read_postcode(sheet.postcode) if sheet.postcode else ""
    bulle.territory_kind = sheet.territory.kind if sheet.territory else None
    bulle.territory_code = sheet.territory.code if sheet.territory else None
    bulle.latitude, bulle.longitude = sheet.latitude, sheet.longitude
    bulle.step_free_access = sheet.step_free_access
    bulle.landlord = sheet.landlord
    bulle.landlord_name = "" if sheet.landlord else sheet.landlord_name.strip()


def _passage_row(actor: Actor, passage: Passage) -> StagePassage:
    return StagePassage(
        stage=passage.stage.value,
        entered_on=passage.entered_on,
        decided_by=passage.decided_by.strip(),
        decision=passage.decision.strip(),
        recorded_by_id=actor.user_id,
        recorded_by_name=actor.name,
    )


def _refuse_future(day: date) -> None:
    if day > today():
        raise DomainError("Ce jour n’est pas encore arrivé. Choisissez aujourd’hui ou avant.")


def _refuse_closed(tenant: Tenant) -> None:
    if tenant.archived_at:
        raise DomainError(f"L’espace de {tenant.short_name} est fermé. Rouvrez-le d’abord.")
