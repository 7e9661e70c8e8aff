"""A convention: what it pins, who it binds, what was filled in, and each step of its life."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.conventions.models.library import CatalogueEntry
from app.conventions.models.signing import Round
from app.conventions.models.states import STATE_LABELS, State, Transition
from app.conventions.models.variables import Variable, VariableKind
from app.core.audit import declare_actions
from app.core.clock import now, today
from app.core.crypto import encrypted_text
from app.core.db import Model, TenantOwned, owned_key
from app.core.text import fold, join_names, long_date

declare_actions(
    {
        "convention.prepared": "a commencé la convention",
        "convention.edited": "a modifié la convention",
        "convention.parties_changed": "a modifié les parties de la convention",
        "convention.propose": "a proposé la convention",
        "convention.withdraw": "a repris le brouillon de la convention",
        "convention.answered": "a répondu sur la convention",
        "convention.request_change": "a demandé un changement à la convention",
        "convention.approve": "a constaté l’accord de toutes les parties sur la convention",
        "convention.open_signing": "a ouvert les signatures de la convention",
        "convention.reopen": "a rouvert le texte de la convention",
        "convention.refuse": "a refusé de signer la convention",
        "convention.signed": "a signé la convention",
        "convention.activate": "a scellé la convention signée",
        "convention.expire": "a constaté la fin de la convention",
        "convention.terminate": "a résilié la convention",
        "convention.cancel": "a annulé la convention",
        "convention.link_sent": "a envoyé un lien de signature pour la convention",
    }
)


class Convention(TenantOwned, Model):
    """An agreement prepared by one organisation. `values` holds what was filled in, by variable name."""

    __tablename__ = "conventions"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "number"),
        sa.Index(None, "tenant_id", "changed_at"),
        sa.CheckConstraint(
            "ends_on is null or starts_on is null or ends_on >= starts_on", name="period"
        ),
    )

    number: Mapped[str]
    title: Mapped[str]
    search_key: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.DRAFT.value)
    catalogue_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("catalogue.id"))
    bulle_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("bulles.id"))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    partners_label: Mapped[str] = mapped_column(default="")
    prepared_by_id: Mapped[uuid.UUID | None]
    prepared_by: Mapped[str]
    prepared_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
    lock_version: Mapped[int] = mapped_column(default=1)

    entry: Mapped[CatalogueEntry] = relationship(lazy="raise")
    parties: Mapped[list[Party]] = relationship(
        lazy="raise", order_by="Party.position", cascade="all, delete-orphan"
    )
    steps: Mapped[list[StateChange]] = relationship(
        lazy="raise", order_by="StateChange.at, StateChange.id"
    )
    rounds: Mapped[list[Round]] = relationship(lazy="raise", order_by="Round.number")

    __mapper_args__ = {"version_id_col": lock_version}  # noqa: RUF012 read by SQLAlchemy

    @property
    def state_label(self) -> str:
        """The state in French."""
        return STATE_LABELS[State(self.state)]

    @property
    def round(self) -> Round | None:
        """The round of the last proposal, None before the first."""
        return self.rounds[-1] if self.rounds else None

    @property
    def open_round(self) -> Round:
        """The round that is proposed, approved or being signed."""
        if self.round is None or self.round.voided_at:
            raise LookupError("no open round")
        return self.round

    @property
    def signatories(self) -> list[Signatory]:
        """Everyone who signs, in the order they sign."""
        return [s for party in self.parties for s in party.signatories]

    def party_of(self, signatory: Signatory) -> Party:
        """Whom a person signs for."""
        return next(party for party in self.parties if party.id == signatory.party_id)

    def entered_at(self, state: str) -> datetime | None:
        """When the convention last entered a state, None if it never did."""
        return next((s.at for s in reversed(self.steps) if s.target == state), None)

    @property
    def is_open(self) -> bool:
        """Whether its text may be edited."""
        return self.state == State.DRAFT

    def missing_values(self) -> list[Variable]:
        """The required variables that have no value."""
        return [
            v for v in self.entry.schema if v.required and self.values.get(v.name) in (None, "", [])
        ]

    def what_is_missing(self) -> list[str]:
        """What stands in the way of a proposal, one French phrase each."""
        missing = [f"« {v.label} » n’est pas rempli" for v in self.missing_values()]
        if not (self.starts_on and self.ends_on):
            missing.append("les dates de début et de fin manquent")
        missing += [f"« {label} » manque" for label in self._empty_roles()]
        if len(self.parties) < 2:
            missing.append("il faut au moins deux parties")
        missing += [
            f"{party.name} n’a pas de signataire" for party in self.parties if not party.signatories
        ]
        return missing + self._lost_parties()

    def _empty_roles(self) -> list[str]:
        filled = {party.role for party in self.parties}
        roles = self.entry.payload["party_roles"]
        return [r["label"] for r in roles if r["required"] and r["role"] not in filled]

    def _lost_parties(self) -> list[str]:
        roles = {party.role for party in self.parties}
        return [
            f"« {v.label} » désigne une partie qui n’est plus là"
            for v in self.entry.schema
            if v.kind == VariableKind.PARTY
            and (chosen := self.values.get(v.name))
            and chosen not in roles
        ]

    def awaited_answers(self) -> list[str]:
        """The organisations whose agreement is still awaited."""
        return [f"{p.name} n’a pas encore répondu" for p in self.parties if not p.has_agreed]

    def what_is_not_frozen(self) -> list[str]:
        """Nothing once the document of this round is frozen."""
        return [] if self.open_round.frozen_sha256 else ["le document se prépare encore"]

    def what_is_not_sealed(self) -> list[str]:
        """Nothing once every signature and the seal are in the document."""
        return [] if self.open_round.sealed_sha256 else ["le document signé se prépare encore"]

    def what_runs_on(self) -> list[str]:
        """Nothing once the last day has passed."""
        if self.ends_on and self.ends_on < today():
            return []
        return ["la convention court encore"]

    def obstacles(self, transition: Transition) -> list[str]:
        """What stands in the way of a transition, one French phrase each; empty when it is possible."""
        if State(self.state) not in transition.sources:
            return [f"la convention est « {self.state_label} »"]
        obstacles: list[str] = getattr(self, transition.guard)() if transition.guard else []
        return obstacles

    def refresh_labels(self) -> None:
        """Recompute what lists show and search."""
        self.partners_label = join_names([p.name for p in self.parties if not p.is_owner])
        self.search_key = fold(f"{self.number} {self.title} {self.partners_label}")

    @property
    def period_label(self) -> str:
        """From when to when, in French; empty while a date is missing."""
        if not (self.starts_on and self.ends_on):
            return ""
        return f"du {long_date(self.starts_on)} au {long_date(self.ends_on)}"

    @property
    def audit_label(self) -> str:
        return f"{self.number} {self.title}"


class Party(TenantOwned, Model):
    """Who is bound: an organisation of the network, or an outside body. `answer` is for the open round."""

    __tablename__ = "convention_parties"
    __table_args__ = (
        owned_key("convention_id", "conventions"),
        sa.UniqueConstraint(
            "tenant_id", "convention_id", "position", deferrable=True, initially="DEFERRED"
        ),
        sa.UniqueConstraint("tenant_id", "convention_id", "role"),
        sa.CheckConstraint("answer in ('agree', 'change')", name="answer"),
    )

    convention_id: Mapped[uuid.UUID]
    position: Mapped[int]
    role: Mapped[str]
    party_tenant_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("tenants.id"))
    is_owner: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str]
    legal: Mapped[str] = mapped_column(default="")
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    comment: Mapped[str] = mapped_column(default="")

    signatories: Mapped[list[Signatory]] = relationship(
        lazy="raise", order_by="Signatory.position", cascade="all, delete-orphan"
    )

    @property
    def is_partner_tenant(self) -> bool:
        """Whether it reads and answers in a workspace of its own."""
        return self.party_tenant_id is not None and not self.is_owner

    @property
    def has_agreed(self) -> bool:
        """Whether nothing more is awaited from it: an outside body agrees by signing."""
        return self.answer == "agree" or not self.is_partner_tenant


class Signatory(TenantOwned, Model):
    """The person who signs for a party."""

    __tablename__ = "signatories"
    __table_args__ = (
        owned_key("party_id", "convention_parties"),
        owned_key("convention_id", "conventions"),
        sa.UniqueConstraint(
            "tenant_id", "party_id", "position", deferrable=True, initially="DEFERRED"
        ),
    )

    party_id: Mapped[uuid.UUID]
    convention_id: Mapped[uuid.UUID]
    position: Mapped[int]
    name: Mapped[str]
    title: Mapped[str]
    email: Mapped[str] = mapped_column(encrypted_text())

    @property
    def masked_email(self) -> str:
        """The address as it may be shown: a•••••@exemple.fr"""
        local, _, domain = self.email.partition("@")
        return f"{local[:1]}•••••@{domain}"

    @property
    def field(self) -> str:
        """The name of its signature field in the PDF."""
        return f"signature-{self.id.hex}"

    @property
    def audit_label(self) -> str:
        return self.name


class StateChange(TenantOwned, Model):
    """One step of the life of a convention: who, from, to, when, why. Never changed."""

    __tablename__ = "convention_steps"
    __table_args__ = (owned_key("convention_id", "conventions"),)

    convention_id: Mapped[uuid.UUID]
    transition: Mapped[str]
    source: Mapped[str]
    target: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[uuid.UUID | None]
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
