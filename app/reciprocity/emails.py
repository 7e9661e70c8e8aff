"""What the context writes to members and to the team."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.core.db import require_tenant_id
from app.core.mail import compose, post
from app.core.pages import public_url
from app.core.text import duration
from app.reciprocity.models import Hold, Member, MemberLink, Offer, Transfer
from app.tenants.queries import get_tenant


def send_space_link(member: Member, link: MemberLink) -> None:
    """The link to their own space."""
    _write(member, link, "Votre espace : vos heures et vos annonces", "space_link")


def ask_to_confirm(
    member: Member, link: MemberLink, hold: Hold, giver: str, *, reminder: bool
) -> None:
    """Someone gave them time: is it right? A second time, halfway, when they have not answered."""
    told = f"{giver} dit vous avoir donné {duration(hold.minutes)}"
    _write(member, link, told, "request_to_confirm", hold=hold, giver=giver, reminder=reminder)


def tell_correction(
    member: Member, link: MemberLink, transfer: Transfer, by: str, sentence: str
) -> None:
    """The other person of an exchange corrected it."""
    _write(
        member,
        link,
        f"{by} a corrigé un échange",
        "exchange_corrected",
        transfer=transfer,
        by=by,
        sentence=sentence,
    )


def tell_ending_offers(member: Member, link: MemberLink, offers: Sequence[Offer]) -> None:
    """Their notices end soon: to keep, or to let go."""
    subject = "Votre annonce se termine bientôt"
    if len(offers) > 1:
        subject = "Vos annonces se terminent bientôt"
    _write(member, link, subject, "offers_ending", offers=offers)


def ask_address(address: str, sealed: str, until: datetime) -> None:
    """Is this address read by who gave it as theirs?"""
    tenant = get_tenant(require_tenant_id())
    url = public_url("space_door.address", slug=tenant.slug, sealed=sealed)
    told = {"url": url, "organisation": tenant.name, "until": until}
    post(compose(address, "Confirmer votre adresse", "address_to_confirm", **told))


def tell_address_changed(address: str, member: Member) -> None:
    """An address is no longer that of a member."""
    organisation = get_tenant(require_tenant_id()).name
    subject = "Votre adresse e-mail a changé"
    told = {"member": member, "organisation": organisation}
    post(compose(address, subject, "address_changed", **told))


def _write(
    member: Member, link: MemberLink, subject: str, template: str, **context: object
) -> None:
    url = space_url(link)
    assert member.email  # noqa: S101 whoever calls has looked
    post(compose(member.email, subject, template, member=member, link=link, url=url, **context))


def space_url(link: MemberLink) -> str:
    """The address of a member's space."""
    slug = get_tenant(require_tenant_id()).slug
    return public_url("space.show", slug=slug, link_id=link.id, token=link.token)
