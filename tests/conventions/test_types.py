"""Standard agreements: written by the network, published once for everyone, never changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.conventions import commands, queries
from app.conventions.models import CatalogueEntry, TypeVersion, Variable, VariableKind
from app.conventions.models.blocks import canonical_sha256
from app.core.db import db
from app.core.errors import DomainError
from app.core.permissions import Actor, Forbidden
from tests.conventions.library import ASKED, PARTIES, acting, write_clause, write_type
from tests.factories.cast import Cast


def test_olga_publishes_a_whole_and_frozen_agreement(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        draft = write_type(olga)
        entry = commands.publish_type_version(olga, draft.id, changes="Le premier texte.")
        assert entry.payload | {"clauses": []} == {
            "title": "Accueil d’une Bulle",
            "purpose": "Ouvrir une Bulle dans un lieu prêté.",
            "version": 1,
            "changes": "Le premier texte.",
            "clauses": [],
            "variables": ASKED,
            "party_roles": PARTIES,
        }
        [clause] = entry.payload["clauses"]
        assert clause["heading"] == "Réciprocité"
        assert clause["sha256"] == draft.clauses[0].clause_version.sha256
        assert entry.sha256 == canonical_sha256(entry.payload) == draft.sha256
        assert draft.published_at == entry.published_at


def test_every_organisation_reads_the_last_version_in_the_catalogue(cast: Cast) -> None:
    olga, alice = cast.actor("olga"), cast.actor("alice")
    with acting(olga):
        first = commands.publish_type_version(olga, write_type(olga).id)
        draft = commands.draft_type_version(olga, first.type_id)
        second = commands.publish_type_version(olga, draft.id, changes="Rien.")
        kept = first.id, second.id, first.type_id
        db.session.commit()
    with acting(alice):
        assert [e.id for e in db.session.scalars(queries.list_catalogue())] == [kept[1]]
        assert queries.get_published(kept[2]).version == 2
        assert queries.get_published(kept[2], 1).id == kept[0]
        assert queries.get_catalogue_entry(kept[0]).version == 1
        assert not db.session.scalars(queries.list_types()).all()


Write = Callable[[Actor, uuid.UUID, uuid.UUID], object]
WRITES: list[Write] = [
    lambda actor, type_id, version_id: commands.create_type(actor, "Autre", "Autre chose."),
    lambda actor, type_id, version_id: commands.draft_type_version(actor, type_id),
    lambda actor, type_id, version_id: commands.set_type_clauses(actor, version_id, [], 1),
    lambda actor, type_id, version_id: commands.set_type_variables(actor, version_id, [], 1),
    lambda actor, type_id, version_id: commands.set_party_roles(actor, version_id, [], 1),
    lambda actor, type_id, version_id: commands.publish_type_version(actor, version_id),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("roles", [{"reader"}, {"facilitator"}, set()])
def test_the_network_s_readers_write_nothing(cast: Cast, write: Write, roles: set[str]) -> None:
    with acting(cast.actor("olga")) as olga:
        draft = write_type(olga)
        reader = Actor(olga.tenant_id, "Rémi", olga.user_id, frozenset(roles), is_network=True)
        with pytest.raises(Forbidden):
            write(reader, draft.type_id, draft.id)


def test_an_editor_writes_and_an_administrator_publishes(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        editor = Actor(olga.tenant_id, "Élise", olga.user_id, frozenset({"editor"}), True)
        draft = write_type(editor)
        with pytest.raises(Forbidden):
            commands.publish_type_version(editor, draft.id)


def without(field: str) -> Callable[[Actor, TypeVersion], object]:
    setter = getattr(commands, f"set_{field}")
    return lambda actor, draft: setter(actor, draft.id, [], draft.lock_version)


def with_a_table_in_a_sentence(actor: Actor, draft: TypeVersion) -> None:
    table = Variable("heures", "Les heures", VariableKind.TABLE, columns=["Jour", "Heure"])
    commands.set_type_variables(actor, draft.id, [table.to_json()], draft.lock_version)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without("type_clauses"), "au moins une clause"),
        (without("type_variables"), r"« Réciprocité » utilise \{\{ heures \}\}"),
        (without("party_roles"), "qui sont les parties"),
        (with_a_table_in_a_sentence, "seul sur sa ligne"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_published(
    cast: Cast, spoil: Callable[[Actor, TypeVersion], object], said: str
) -> None:
    with acting(cast.actor("olga")) as olga:
        draft = write_type(olga)
        spoil(olga, draft)
        with pytest.raises(DomainError, match=said):
            commands.publish_type_version(olga, draft.id)
        assert not db.session.scalars(sa.select(CatalogueEntry)).all()
        assert not draft.is_published


def test_an_unused_variable_is_only_pointed_out(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        draft = write_type(olga)
        extra = Variable("repas", "Combien de repas ?", VariableKind.NUMBER)
        commands.put_variable(olga, draft.id, extra, draft.lock_version)
        assert [v.name for v in draft.unused_variables] == ["repas"]
        assert not draft.obstacles()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (ASKED * 2, "s’appelle déjà « heures »"),
        ([{**ASKED[0], "name": "Heures"}], "en minuscules"),
        ([{**ASKED[0], "name": "bulle"}], "existe déjà"),
        ([{**ASKED[0], "kind": "choice"}], "au moins deux réponses"),
        ([{**ASKED[0], "kind": "table"}], "colonnes"),
    ],
)
def test_variables_that_are_refused(cast: Cast, variables: list[dict[str, Any]], said: str) -> None:
    with acting(cast.actor("olga")) as olga:
        draft = write_type(olga)
        with pytest.raises(DomainError, match=said):
            commands.set_type_variables(olga, draft.id, variables, draft.lock_version)
        assert draft.variables == ASKED


def test_two_people_editing_a_draft_at_once(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        draft = write_type(olga)
        seen, clauses = draft.lock_version, draft.clause_version_ids
        commands.set_type_clauses(olga, draft.id, [], seen)
        assert draft.lock_version == seen + 1
        for write in (
            lambda: commands.set_type_clauses(olga, draft.id, clauses, seen),
            lambda: commands.set_type_variables(olga, draft.id, [], seen),
            lambda: commands.publish_type_version(olga, draft.id, lock_version=seen),
        ):
            with pytest.raises(DomainError, match="pendant que vous écriviez"):
                write()
        assert draft.clause_version_ids == []
        assert draft.variables == ASKED


def test_the_same_clause_stands_once_and_a_newer_text_takes_its_place(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        draft = write_type(olga)
        old = draft.clauses[0].clause_version
        other = write_clause(olga, "Une autre").latest
        commands.put_clause(olga, draft.id, other.id, draft.lock_version)
        new = commands.revise_clause(olga, old.clause_id, "Réciprocité", "Un texte plus court.")
        both = [old.id, new.id]
        with pytest.raises(DomainError, match="déjà dans le modèle"):
            commands.set_type_clauses(olga, draft.id, both, draft.lock_version)
        assert [c.is_outdated for c in queries.get_type_version(draft.id, lock=True).clauses] == [
            True,
            False,
        ]
        commands.put_clause(olga, draft.id, new.id, draft.lock_version)
        assert draft.clause_version_ids == [new.id, other.id]
        with pytest.raises(DomainError, match="n’est pas dans la bibliothèque"):
            commands.set_type_clauses(olga, draft.id, [uuid.uuid4()], draft.lock_version)


def test_clauses_move_and_leave(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        draft = write_type(olga)
        first = draft.clause_version_ids[0]
        second = write_clause(olga, "Une autre").latest.id
        commands.put_clause(olga, draft.id, second, draft.lock_version)
        commands.move_clause(olga, draft.id, second, -1, draft.lock_version)
        db.session.commit()  # positions are checked at the end of the transaction
        draft = queries.get_type_version(draft.id)
        assert draft.clause_version_ids == [second, first]
        commands.move_clause(olga, draft.id, second, -1, draft.lock_version)
        assert draft.clause_version_ids == [second, first]
        commands.remove_clause(olga, draft.id, second, draft.lock_version)
        assert draft.clause_version_ids == [first]


def test_the_next_version_starts_from_the_last_and_says_what_is_outdated(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        first = write_type(olga)
        commands.publish_type_version(olga, first.id)
        clause = first.clauses[0].clause_version
        commands.revise_clause(olga, clause.clause_id, "Réciprocité", "Un autre texte.")
        draft = commands.draft_type_version(olga, first.type_id)
        assert (draft.number, draft.variables, draft.party_roles) == (2, ASKED, PARTIES)
        assert [c.clause_version_id for c in draft.outdated_clauses] == [clause.id]
        with pytest.raises(DomainError, match="déjà en cours"):
            commands.draft_type_version(olga, first.type_id)


def test_a_published_version_is_closed_to_commands(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        version = write_type(olga)
        commands.publish_type_version(olga, version.id)
        with pytest.raises(DomainError, match="ne change plus"):
            commands.set_party_roles(olga, version.id, [], version.lock_version)
        with pytest.raises(DomainError, match="ne change plus"):
            commands.publish_type_version(olga, version.id)


ATTACKS = [
    "UPDATE type_versions SET changes = 'x'",
    "UPDATE type_versions SET published_at = NULL",
    "DELETE FROM type_versions",
    "UPDATE type_clauses SET position = 9",
    "DELETE FROM type_clauses",
    """INSERT INTO type_clauses
       SELECT tenant_id, gen_random_uuid(), type_version_id, clause_version_id, 9
       FROM type_clauses""",
    "UPDATE catalogue SET title = 'x'",
    "DELETE FROM catalogue",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_published_is_never_changed_even_by_hand(cast: Cast, attack: str) -> None:
    with acting(cast.actor("olga")) as olga:
        commands.publish_type_version(olga, write_type(olga).id)
        db.session.flush()
        with pytest.raises((IntegrityError, ProgrammingError)):
            db.session.execute(sa.text(attack))


def test_a_partner_publishes_nothing_even_by_hand(cast: Cast) -> None:
    with acting(cast.actor("alice")) as alice:
        forged = CatalogueEntry(
            publisher_id=alice.tenant_id,
            type_id=uuid.uuid4(),
            version=1,
            title="x",
            search_key="x",
            payload={},
            sha256="x",
        )
        db.session.add(forged)
        with pytest.raises((IntegrityError, ProgrammingError)):
            db.session.flush()
