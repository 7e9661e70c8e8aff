"""Members, their links, their offers and requests: as little about a person as works."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import declare_actions
from app.core.clock import now, today
from app.core.crypto import derive_token, digest, encrypted_text, normalise_email, same
from app.core.db import Model, TenantOwned, new_id, owned_key
from app.core.text import fold

THEMES = (
    "Mobilité",
    "Emploi",
    "Logement",
    "Loisirs, culture et sport",
    "Santé et bien-être",
    "Solidarité",
)
"""The six themes of « Tous voisins 44 » (seed 001)."""

LINK_LIFETIME = timedelta(days=90)

declare_actions(
    {
        "member.joined": "a inscrit",
        "member.updated": "a modifié la fiche de",
        "member.left": "a noté le départ de",
        "member.returned": "a noté le retour de",
        "member.erased": "a effacé les coordonnées d’un membre",
        "member.link_sent": "a envoyé un lien personnel à",
        "member.link_printed": "a imprimé un lien personnel pour",
        "member.links_revoked": "a fermé les liens personnels de",
        "offer.published": "a publié l’annonce",
        "offer.updated": "a modifié l’annonce",
        "offer.renewed": "a renouvelé l’annonce",
        "offer.closed": "a retiré l’annonce",
        "offer.reopened": "a remis l’annonce",
        "category.added": "a ajouté le thème",
        "category.retired": "a retiré le thème",
        "category.restored": "a remis le thème",
    }
)


class Member(TenantOwned, Model):
    """Someone who gives and receives. A name to be called by; all the rest is optional.

    `account_no` is theirs for good; erasing the person empties this row and leaves the account, whose number
    says nothing. `interests`: what they like, in their own words. `version` is for the sheet's form.
    """

    __tablename__ = "members"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"], ["accounts.tenant_id", "accounts.number"]
        ),
        sa.UniqueConstraint("tenant_id", "account_no"),
        sa.Index(None, "tenant_id", "sort_key"),
        sa.Index(None, "tenant_id", "email_digest"),
    )

    account_no: Mapped[int]
    bulle_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("bulles.id"))
    name: Mapped[str]
    sort_key: Mapped[str]
    email: Mapped[str | None] = mapped_column(encrypted_text())
    email_digest: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(encrypted_text())
    interests: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default=list)
    search_key: Mapped[str] = mapped_column(default="")
    joined_on: Mapped[date] = mapped_column(default=today)
    left_on: Mapped[date | None]
    erased_at: Mapped[datetime | None]
    shows_contact: Mapped[bool] = mapped_column(default=False)
    """Whether other members of the organisation may see how to reach them."""
    imported_key: Mapped[str | None]
    """What an imported file calls them, so that importing it again finds them."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 read by SQLAlchemy as is

    def call(self, name: str, interests: list[str]) -> None:
        """Set the name and the interests, and the keys that find them."""
        self.name, self.interests = name, interests
        self.sort_key = fold(name)
        self.search_key = fold(" ".join([name, *interests]))

    def reach(self, email: str | None, phone: str | None) -> None:
        """Set how to reach them."""
        self.email = normalise_email(email) if email else None
        self.email_digest = digest(self.email) if self.email else None
        self.phone = phone or None

    @property
    def initial(self) -> str:
        """The letter in the bubble beside the name."""
        return self.name[:1].upper()

    @property
    def audit_label(self) -> str:
        return self.name


class MemberLink(TenantOwned, Model):
    """A personal link to a member's own space; its secret is derived, never stored."""

    __tablename__ = "member_links"
    __table_args__ = (owned_key("member_id", "members"),)

    member_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(default=lambda: now() + LINK_LIFETIME)
    opened_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    @property
    def token(self) -> str:
        """The secret of its address."""
        return derive_token("member-link", self.id)

    def opens_with(self, token: str) -> bool:
        """Whether the secret is the right one (whatever the link's state)."""
        return same(self.token, token)

    @property
    def is_live(self) -> bool:
        """Whether it still opens."""
        return self.revoked_at is None and self.expires_at > now()


class Category(Model):
    """A theme of offers and requests: the six that came with the product (`publisher_id` None), and the
    network's own. Everyone reads it, the network writes it. Retired, it stays on old ones."""

    __tablename__ = "categories"
    __table_args__ = (
        sa.ForeignKeyConstraint(["publisher_id", "publisher_kind"], ["tenants.id", "tenants.kind"]),
        sa.CheckConstraint(
            "publisher_kind = 'network' and publisher_id is not null"
            " or publisher_kind is null and publisher_id is null",
            name="publisher",
        ),
        sa.UniqueConstraint("name"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    publisher_id: Mapped[uuid.UUID | None]
    publisher_kind: Mapped[str | None] = mapped_column(default="network")
    name: Mapped[str]
    position: Mapped[int]
    retired_at: Mapped[datetime | None]

    @property
    def audit_label(self) -> str:
        return self.name


class OfferKind(enum.StrEnum):
    OFFER = "offer"
    REQUEST = "request"


OFFER_KIND_LABELS = {OfferKind.OFFER: "Offre", OfferKind.REQUEST: "Besoin"}


class Offer(TenantOwned, Model):
    """What a member offers, or asks for, until `expires_on` (included)."""

    __tablename__ = "offers"
    __table_args__ = (
        owned_key("member_id", "members"),
        sa.CheckConstraint("kind in ('offer', 'request')", name="kind"),
        sa.Index(None, "tenant_id", "member_id"),
        sa.Index(None, "tenant_id", "expires_on"),
    )

    member_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    category_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("categories.id"))
    title: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    search_key: Mapped[str]
    for_group: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime] = mapped_column(default=now)
    expires_on: Mapped[date]
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    imported_key: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 read by SQLAlchemy as is

    member: Mapped[Member] = relationship(lazy="raise")
    category: Mapped[Category] = relationship(lazy="raise")

    @property
    def kind_label(self) -> str:
        """The kind in French."""
        return OFFER_KIND_LABELS[OfferKind(self.kind)]

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.closed_at is None and self.expires_on >= today()

    @property
    def audit_label(self) -> str:
        return self.title
