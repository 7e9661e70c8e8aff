"""The clause library: who writes it, what it keeps, what it refuses."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, NoResultFound

from app.conventions import commands, queries
from app.conventions.models import ClauseVersion
from app.core.audit import AuditEvent
from app.core.db import db
from app.core.errors import DomainError
from app.core.permissions import Forbidden
from tests.conventions.library import HOURS, TEXT, acting, write_clause
from tests.factories.cast import Cast


def test_olga_writes_a_clause(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        clause = write_clause(olga)
        db.session.commit()
        found = queries.get_clause(clause.id)
        assert found.latest.number == 1
        assert found.latest.text == TEXT
        assert found.latest.written_by == "Olga Renaud"
        [event] = db.session.scalars(sa.select(AuditEvent))
        assert (event.action, event.subject_label) == ("clause.created", HOURS)


@pytest.mark.parametrize("who", ["alice", "bob", "carole", "denis", "fanny"])
def test_only_the_network_writes_the_library(cast: Cast, who: str) -> None:
    with acting(cast.actor(who)) as actor, pytest.raises(Forbidden):
        write_clause(actor)


def test_a_clause_of_the_network_is_nowhere_else(cast: Cast) -> None:
    olga, alice = cast.actor("olga"), cast.actor("alice")
    with acting(olga):
        clause_id = write_clause(olga).id
        db.session.commit()
    with acting(alice):
        assert not db.session.scalars(queries.list_clauses()).all()
        with pytest.raises(NoResultFound):
            commands.revise_clause(alice, clause_id, "Titre", "Texte")


def test_the_same_text_is_found_again_and_writes_nothing(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        clause = write_clause(olga)
        first = clause.latest
        second = commands.revise_clause(olga, clause.id, "Réciprocité", "Un autre texte.")
        assert second.number == 2
        again = commands.revise_clause(olga, clause.id, first.heading, f"\r\n{first.text}  ")
        assert again.id == first.id
        assert db.session.scalar(sa.select(sa.func.count(ClauseVersion.id))) == 2
        assert queries.get_clause(clause.id).latest.id == second.id


def test_two_people_rewriting_at_once_do_not_lose_a_text(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        clause = write_clause(olga)
        commands.revise_clause(olga, clause.id, "Réciprocité", "Le texte de l’une.", base=1)
        with pytest.raises(DomainError, match="pendant que vous écriviez"):
            commands.revise_clause(olga, clause.id, "Réciprocité", "Celui de l’autre.", base=1)
        assert queries.get_clause(clause.id).latest.number == 2


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", HOURS, "s’appelle déjà"),
        ("title", " ", "le titre de la clause"),
        ("theme", "", "le thème"),
        ("heading", "Le {{ nom }}", "texte simple"),
        ("text", "<b>gras</b>", "Enlevez « <b> »"),
    ],
)
def test_what_a_clause_cannot_be(cast: Cast, field: str, value: str, said: str) -> None:
    with acting(cast.actor("olga")) as olga:
        write_clause(olga)
        sheet = {"title": "Autre", "theme": "Vie", "heading": "Autre", "text": "Autre."}
        with pytest.raises(DomainError, match=said):
            commands.create_clause(olga, **{**sheet, field: value})


def test_a_retired_clause_leaves_the_list_and_comes_back(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        clause = write_clause(olga)
        commands.retire_clause(olga, clause.id)
        assert not db.session.scalars(queries.list_clauses()).all()
        assert db.session.scalars(queries.list_clauses(retired=True)).all() == [clause]
        commands.restore_clause(olga, clause.id)
        assert db.session.scalars(queries.list_clauses()).all() == [clause]


def test_the_library_is_searched_without_accents_and_sorted(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        for title, theme in (("Échéance", "Durée"), ("Zone", "Lieu"), ("Accueil", "Vie")):
            commands.create_clause(olga, title, theme, title, f"Le texte de {title}.")

        def titles(**filters: str) -> list[str]:
            return [c.title for c in db.session.scalars(queries.list_clauses(**filters))]

        assert titles() == ["Accueil", "Échéance", "Zone"]
        assert titles(sort="-titre") == ["Zone", "Échéance", "Accueil"]
        assert titles(sort="date") == ["Échéance", "Zone", "Accueil"]
        assert titles(q="echeance") == ["Échéance"]
        assert titles(q="%") == []
        assert titles(theme="Lieu") == ["Zone"]
        assert queries.list_themes() == ["Durée", "Lieu", "Vie"]


@pytest.mark.parametrize(
    "attack", ["UPDATE clause_versions SET heading = 'x'", "DELETE FROM clause_versions"]
)
def test_a_text_is_never_changed_even_by_hand(cast: Cast, attack: str) -> None:
    with acting(cast.actor("olga")) as olga:
        write_clause(olga)
        db.session.flush()
        with pytest.raises((IntegrityError, sa.exc.ProgrammingError)):
            db.session.execute(sa.text(attack))


def test_nobody_points_a_text_at_a_clause_of_another_organisation(cast: Cast) -> None:
    olga, alice = cast.actor("olga"), cast.actor("alice")
    with acting(olga):
        clause_id = write_clause(olga).id
        db.session.commit()
    with acting(alice):
        db.session.add(
            ClauseVersion(
                clause_id=clause_id, number=9, sha256="x", heading="x", blocks=[], written_by="x"
            )
        )
        with pytest.raises(IntegrityError):
            db.session.flush()


def test_the_search_key_follows_the_last_text(cast: Cast) -> None:
    with acting(cast.actor("olga")) as olga:
        clause = write_clause(olga)
        commands.revise_clause(olga, clause.id, "Réciprocité", "Le jardin partagé.")
        statement = queries.list_clauses(q="JARDIN partage")
        assert [c.id for c in db.session.scalars(statement)] == [clause.id]
