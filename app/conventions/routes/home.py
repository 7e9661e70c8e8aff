"""What conventions add to the home: what awaits the person, and the last ones that changed."""

from __future__ import annotations

from flask import url_for

from app.conventions import commands, policies, queries
from app.conventions.models import STATE_LABELS
from app.core.home import Section, Task, gives_section, gives_tasks
from app.core.permissions import Actor
from app.core.text import long_date


@gives_tasks
def list_signature_tasks(actor: Actor) -> list[Task]:
    """Our conventions that await this very person's signature."""
    tasks = []
    for convention in queries.list_in_signature():
        awaited = commands.awaited_signatory(convention)
        if awaited and commands.is_this_person(actor, awaited):
            tasks.append(
                Task(
                    rank=0,
                    title=f"Signer la convention « {convention.title} »",
                    detail="Il ne manque que vous pour cette étape. Comptez cinq minutes.",
                    button="Lire et signer",
                    url=url_for("conventions.show", convention_id=convention.id),
                )
            )
    return tasks


@gives_tasks
def list_answer_tasks(actor: Actor) -> list[Task]:
    """Proposals that await our answer."""
    if not policies.can_answer(actor):
        return []
    return [
        Task(
            rank=10,
            title=f"Répondre à la proposition « {received.title} »",
            detail=f"Reçue le {long_date(received.changed_at)}.",
            button="Lire la proposition",
            url=url_for("received.show", received_id=received.id),
        )
        for received in queries.list_to_answer()
    ]


@gives_tasks
def list_approved_tasks(actor: Actor) -> list[Task]:
    """Agreed conventions whose signatures nobody has opened."""
    if not policies.can_prepare(actor):
        return []
    return [
        Task(
            rank=20,
            title=f"Ouvrir les signatures de « {convention.title} »",
            detail="Toutes les parties sont d’accord.",
            button="Ouvrir la convention",
            url=url_for("conventions.show", convention_id=convention.id),
        )
        for convention in queries.list_approved()
    ]


@gives_tasks
def list_draft_tasks(actor: Actor) -> list[Task]:
    """Our drafts: to complete, or ready to be proposed."""
    if not policies.can_prepare(actor):
        return []
    return [
        Task(
            rank=30,
            title=f"{'Compléter' if convention.what_is_missing() else 'Proposer'} « {convention.title} »",
            detail="Ce brouillon n’est pas fini."
            if convention.what_is_missing()
            else "Tout est rempli.",
            button="Ouvrir le brouillon",
            url=url_for("conventions.show", convention_id=convention.id),
        )
        for convention in queries.list_drafts()
    ]


@gives_section
def show_conventions(actor: Actor) -> Section:
    """The last conventions that changed."""
    rows = queries.list_recent()
    total = queries.count_conventions()
    return Section("conventions/_home.html", {"rows": rows, "total": total, "labels": STATE_LABELS})
