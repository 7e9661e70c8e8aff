"""A member's own space: the personal link that opens it, and what can be done there."""

from __future__ import annotations

import re
import uuid
from datetime import time, timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.clock import now, today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands import addresses, exchanges, links
from app.reciprocity.commands.hours import Hours, declare_hours
from app.reciprocity.models import Entry, Member, MemberLink, Regime
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.exchanges import find_note, find_reversal
from app.reciprocity.queries.holds import find_outcome, list_asked
from app.reciprocity.queries.members import find_member_of
from app.reciprocity.queries.offers import list_member_offers
from app.reciprocity.queries.space import list_thanks
from tests.factories import clearing as make
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.factories.work import do_work
from tests.http import Client


class Place:
    """The space of a member: their account, their link, their browser (nobody is signed in there)."""

    def __init__(self, cast: Cast, client: Client, number: int, who: str = "alice") -> None:
        self.cast, self.client, self.number = cast, client, number
        self.tenant = cast.home(who)
        with tenant_context(self.tenant.id):
            member = find_member_of(number)
            assert member
            link = links.link_of(member)
            self.member_id, self.link_id, self.token = member.id, link.id, link.token
            db.session.commit()
        self.url = f"/{self.tenant.slug}/mon-espace/{self.link_id}/{self.token}"

    def get(self, path: str = "/", status: int = 200) -> str:
        """A page of it."""
        return self.client.get(self.url + path, status=status).text.replace("\xa0", " ")

    def post(self, path: str, status: int = 303, **form: object) -> str:
        """An act in it; where it leads."""
        answer = self.client.post(self.url + path, dict(form), status=status)
        return answer.headers.get("Location", "") or answer.text.replace("\xa0", " ")

    def balance(self) -> int:
        """Where their account is."""
        with tenant_context(self.tenant.id):
            return get_account(self.number).balance


@pytest.fixture
def people(cast: Cast) -> dict[str, int]:
    """Members of the ASCS: name → account number."""
    return join(cast)


@pytest.fixture
def yann(cast: Cast, client: Client, people: dict[str, int]) -> Place:
    """The space of Yann."""
    return Place(cast, client, people["Yann"])


@pytest.fixture
def awa(cast: Cast, client: Client, people: dict[str, int]) -> Place:
    """The space of Awa."""
    return Place(cast, client, people["Awa"])


def change_link(place: Place, **facts: object) -> None:
    """Change a link behind everyone's back."""
    with tenant_context(place.tenant.id):
        link = db.session.get_one(MemberLink, (place.tenant.id, place.link_id))
        for name, value in facts.items():
            setattr(link, name, value)
        db.session.commit()


def last_exchange(place: Place) -> uuid.UUID:
    """The transfer of the last line of an account."""
    with tenant_context(place.tenant.id):
        version = get_account(place.number).version
        key = (place.tenant.id, place.number, version)
        return db.session.get_one(Entry, key).transfer_id


def test_a_link_opens_with_its_secret_alone(yann: Place, awa: Place, client: Client) -> None:
    assert "Bonjour Yann" in yann.get()
    client.get(f"/ascs/mon-espace/{yann.link_id}/{awa.token}/", status=410)
    client.get(f"/ascs/mon-espace/{uuid.uuid4()}/{yann.token}/", status=404)
    client.get(f"/ccas/mon-espace/{yann.link_id}/{yann.token}/", status=404)
    change_link(yann, expires_at=now() - timedelta(seconds=1))
    assert "Demander un autre lien" in yann.get(status=410)
    yann.post("/fiche", status=410)
    change_link(awa, revoked_at=now())
    for path in ("/", "/recu", "/echanges/", "/releve", "/releve.pdf", "/annonces/", "/fiche"):
        awa.get(path, status=410)


def test_the_link_of_who_left_or_was_erased_opens_nothing(yann: Place) -> None:
    for facts in ({"left_on": today()}, {"left_on": None, "erased_at": now()}):
        with tenant_context(yann.tenant.id):
            member = find_member_of(yann.number)
            assert member
            for name, value in facts.items():
                setattr(member, name, value)
            db.session.commit()
        yann.get(status=410)


def test_a_link_is_asked_for_without_telling_who_is_known(
    app: Flask, yann: Place, client: Client
) -> None:
    with tenant_context(yann.tenant.id):
        member = find_member_of(yann.number)
        assert member
        member.reach("yann@exemple.fr", None)
        db.session.commit()
    answers = [
        client.post("/ascs/mon-espace/", {"email": address})
        for address in ("Yann@Exemple.fr", "personne@exemple.fr")
    ]
    assert {a.headers["Location"] for a in answers} == {"/ascs/mon-espace/envoi"}
    client.get("/ascs/mon-espace/envoi")
    client.post("/ascs/mon-espace/", {"email": "rien"}, status=422)
    client.post("/ccas/mon-espace/", {"email": "yann@exemple.fr"})
    do_work()
    mails = list(app.extensions["mail_gateway"].read())
    assert [m["To"] for _, m in mails] == ["yann@exemple.fr"]
    text = mails[0][1].get_body(("plain",)).get_content()
    found = re.search(r"http://localhost(/ascs/mon-espace/\S+)", text)
    assert found
    assert "Bonjour Yann" in client.get(found[1]).text


def test_the_team_sends_prints_and_closes_links(app: Flask, yann: Place, client: Client) -> None:
    sheet = f"/ascs/heures/membres/{yann.member_id}/lien"
    client.post(sheet, as_="alice", status=422)
    for path in ("", "/papier", "/fermeture"):
        client.post(sheet + path, as_="carole", status=403)
        client.post(sheet.replace("ascs", "ccas") + path, as_="denis", status=404)
    paper = client.post(f"{sheet}/papier", as_="bob").headers["Location"]
    page = client.get(paper, as_="bob").text
    assert yann.url in page
    assert "data:image/svg+xml" in page
    client.get(sheet, as_="alice")
    client.post(f"{sheet}/fermeture", as_="alice")
    yann.get(status=410)
    client.get(paper, as_="bob", status=404)


def test_what_i_received_is_noted_at_once_and_once(
    yann: Place, people: dict[str, int], awa: Place
) -> None:
    assert "Awa" in yann.get("/recu")
    assert "Awa" in yann.get("/recu?q=AW")
    assert "personne du nom de" in yann.get("/recu?q=zz")
    key = re.search(rf"/recu/{awa.member_id}\?cle=([^\"]+)", yann.get("/recu"))
    assert key
    here = f"/recu/{awa.member_id}?cle={key[1]}"
    assert "Vous avez reçu de" in yann.get(here)
    sent: dict[str, Any] = {"minutes": "90", "day": today()}
    for _ in range(2):
        where = yann.post(here, **sent)
    assert yann.balance() == -90
    back = yann.get(here)
    assert "Cette page a déjà servi." in back
    assert f"/echanges/{key[1]}" in back
    assert 'name="minutes"' not in back
    done = yann.client.get(where).text.replace("\xa0", " ")
    assert "Vous avez reçu 1 h 30 d’Awa" in done
    assert "noté par Yann" in done
    assert "Vous avez donné 1 h 30 à Yann" in awa.get()
    refused = yann.post(here, status=422, **(sent | {"minutes": "60"}))
    assert "déjà noté, autrement" in refused


def test_bad_durations_and_people_are_refused(yann: Place, awa: Place, cast: Cast) -> None:
    paul = join(cast, "Paul", who="denis")["Paul"]
    with tenant_context(cast.tenants["ccas"].id):
        stranger = find_member_of(paul)
        assert stranger
        stranger_id = stranger.id
    for minutes in ("0", "-30", "1441", "", "beaucoup"):
        yann.post(f"/recu/{awa.member_id}", status=422, minutes=minutes, day=today())
    tomorrow = today() + timedelta(days=1)
    yann.post(f"/recu/{awa.member_id}", status=422, minutes="30", day=tomorrow)
    mine = yann.post(f"/recu/{awa.member_id}", status=422, minutes="1440", day=today())
    assert "Vous pouvez encore recevoir 20 h." in mine
    hers = yann.post(f"/donne/{awa.member_id}", status=422, minutes="1440", day=today())
    assert "C’est plus que ce que Awa peut recevoir aujourd’hui." in hers
    assert "20 h" not in hers
    for who in (stranger_id, yann.member_id, uuid.uuid4()):
        yann.post(f"/recu/{who}", status=404, minutes="30", day=today())
        yann.post(f"/donne/{who}", status=404, minutes="30", day=today())
    derived = uuid.uuid5(uuid.NAMESPACE_URL, "x")
    yann.post(f"/recu/{awa.member_id}?cle={derived}", status=404, minutes="30", day=today())
    assert yann.balance() == awa.balance() == 0


def test_what_i_gave_waits_for_the_other(yann: Place, awa: Place) -> None:
    key, asking = new_id(), f"/donne/{awa.member_id}"
    for _ in range(2):
        yann.post(f"{asking}?cle={key}", minutes="45", day=today(), wording="vélo")
    assert "L’équipe demandera à Awa : 45 min." in yann.get()
    assert "L’équipe demandera à Awa de confirmer." in yann.get(asking)
    with tenant_context(awa.tenant.id):
        db.session.get_one(Member, (awa.tenant.id, awa.member_id)).reach("awa@exemple.fr", None)
        db.session.commit()
    assert "Awa devra confirmer." in yann.get(asking)
    assert "Voir où en est votre demande" in yann.get(f"{asking}?cle={key}")
    assert "Yann dit vous avoir donné 45 min" in awa.get()
    yann.post(f"/demandes/{key}/accord", status=403)
    awa.post(f"/demandes/{key}/accord")
    awa.post(f"/demandes/{key}/refus")
    assert "Quelqu’un a répondu avant vous" in awa.get()
    assert (yann.balance(), awa.balance()) == (45, -45)
    assert "dit vous avoir donné" not in awa.get()


def test_who_also_volunteers_that_day_says_when_it_began(
    cast: Cast, yann: Place, awa: Place, client: Client
) -> None:
    """Yann volunteers from 14 to 16: the same hour is not credited too, whoever notes it."""
    for place in (yann, awa):
        with tenant_context(place.tenant.id):
            hours = Hours(
                new_id(), place.number, today(), time(14), 120, Regime.VOLUNTEERING, "Accueil"
            )
            declare_hours(cast.actor("alice"), hours)
            db.session.commit()
    key, other = new_id(), new_id()
    yann.post(f"/donne/{awa.member_id}?cle={key}", minutes="45", day=today())
    awa.post(f"/donne/{yann.member_id}?cle={other}", minutes="30", day=today())
    where = awa.post(f"/demandes/{key}/accord")
    assert where.endswith(f"/demandes/{key}/debut")
    assert "À quelle heure Yann a commencé ?" in awa.get(f"/demandes/{key}/debut")
    assert "Dites à quelle heure" in awa.post(f"/demandes/{key}/debut", status=422)
    assert "ne compte qu’une fois" in awa.post(f"/demandes/{key}/debut", 422, starts="15:30")
    yann.get(f"/demandes/{key}/debut", status=404)
    for _ in range(2):
        awa.post(f"/demandes/{key}/debut", starts="16:00")
    assert (yann.balance(), awa.balance()) == (45, -45)
    team = f"/ascs/heures/demandes/{other}"
    assert client.post(f"{team}/accord", as_="bob").headers["Location"].endswith(f"{other}/debut")
    assert "Awa" in client.get(f"{team}/debut", as_="bob").text
    client.get(f"{team}/debut", as_="carole", status=403)
    client.post(f"{team}/debut", {"starts": "09:00"}, as_="bob")
    assert (yann.balance(), awa.balance()) == (15, -15)
    told, here = {"minutes": "15", "day": today()}, f"/recu/{awa.member_id}?cle={new_id()}"
    assert "Dites à quelle heure" in yann.post(here, status=422, **told)
    yann.post(here, **told, starts="11:00")
    assert yann.balance() == 0


def test_no_is_one_tap_and_a_request_can_be_taken_back(yann: Place, awa: Place) -> None:
    refused, taken_back = new_id(), new_id()
    for key in (refused, taken_back):
        yann.post(f"/donne/{awa.member_id}?cle={key}", minutes="60", day=today())
    awa.post(f"/demandes/{refused}/refus")
    yann.post(f"/demandes/{taken_back}/retrait")
    with tenant_context(yann.tenant.id):
        outcomes = [find_outcome(key) for key in (refused, taken_back)]
        assert [o.outcome for o in outcomes if o] == ["declined", "cancelled"]
        assert list_asked(yann.number) == []
        assert get_account(awa.number).held == 0


def test_either_corrects_for_72_hours_and_both_see_it(
    cast: Cast, yann: Place, awa: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = exchange(cast, awa.number, yann.number, 120)
    key = new_id()
    right: dict[str, Any] = {
        "cle": key,
        "minutes": "1 h",
        "day": today(),
        "reason": "C’était une heure",
    }
    for _ in range(2):
        yann.post(f"/echanges/{noted}/correction", **right)
    assert (yann.balance(), awa.balance()) == (-60, 60)
    assert "C’était une heure" in awa.get(f"/echanges/{noted}")
    # Awa gave: she may say less, never more than Yann agreed to.
    more = {"minutes": "3 h", "day": today(), "reason": "Plus"}
    assert "J’ai donné" in awa.post(f"/echanges/{key}/correction", status=422, **more)
    for _ in range(2):
        awa.post(f"/echanges/{key}/annulation")
    assert (yann.balance(), awa.balance()) == (0, 0)
    late = exchange(cast, awa.number, yann.number, 30)
    monkeypatch.setattr(exchanges, "CORRECTION", timedelta(0))
    yann.post(f"/echanges/{late}/annulation", status=403)
    yann.get(f"/echanges/{late}/correction", status=403)
    assert "elle peut encore corriger" in yann.get(f"/echanges/{late}")


def test_the_code_of_visit_is_told_once_it_serves(cast: Cast, client: Client, yann: Place) -> None:
    code = make.code_of(cast, "alice", yann.number)
    code = f"{code[:4]}-{code[4:]}"
    sheet = f"/ascs/heures/membres/{yann.member_id}"
    paper = client.post(f"{sheet}/lien/papier", as_="bob").headers["Location"]
    for _ in range(2):  # proposed, it does not serve yet
        assert code not in yann.get() + client.get(sheet, as_="bob").text
        assert code not in client.get(paper, as_="bob").text
        make.say(cast, "alice", "denis")
    make.agree(cast)
    assert f'Votre code de visite : <b class="text-nowrap">{code}</b>' in yann.get()
    assert code in client.get(sheet, as_="bob").text
    assert code in client.get(paper, as_="bob").text
    assert code not in client.get(sheet, as_="carole").text
    assert code not in yann.get("/echanges/") + yann.get("/fiche")
    ginette = join(cast, "Ginette", who="denis")["Ginette"]
    make.visit(cast, "denis", ginette, "alice", code.lower(), 45)
    assert yann.balance() == 45
    assert "Yann" in client.get("/ascs/heures/ailleurs/echanges?q=yann", as_="bob").text
    theirs = client.get(f"/ccas/heures/ailleurs/echanges?q={code}", as_="denis").text
    assert "Ginette" in theirs


def test_a_visit_is_undone_here_and_there_for_72_hours(
    cast: Cast, client: Client, yann: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    paul = Place(cast, client, join(cast, "Paul", who="denis")["Paul"], who="denis")
    make.agree(cast)
    code = make.code_of(cast, "denis", paul.number)
    visits = [make.visit(cast, "alice", yann.number, "denis", code, 60) for _ in range(2)]
    assert (yann.balance(), paul.balance()) == (-120, 120)
    assert "Annuler cet échange" in yann.get(f"/echanges/{visits[0]}")
    yann.get(f"/echanges/{visits[0]}/correction", status=403)
    yann.post(f"/echanges/{visits[0]}/annulation")
    assert (yann.balance(), paul.balance()) == (-60, 60)
    theirs = last_exchange(paul)
    assert "Cet échange est annulé" in yann.get(f"/echanges/{visits[0]}")
    paul.post(f"/echanges/{theirs}/annulation", status=403)  # a correction is not corrected
    later = now() + timedelta(hours=73)
    monkeypatch.setattr(exchanges, "now", lambda: later)
    assert "Annuler cet échange" not in yann.get(f"/echanges/{visits[1]}")
    yann.post(f"/echanges/{visits[1]}/annulation", status=403)


def test_what_was_undone_is_told_undone(cast: Cast, yann: Place, awa: Place) -> None:
    cancelled = exchange(cast, awa.number, yann.number, 120, wording="couture")
    yann.post(f"/echanges/{cancelled}/annulation")
    corrected = exchange(cast, awa.number, yann.number, 60)
    right = {"cle": new_id(), "minutes": "30 min", "day": today(), "reason": "Plus court"}
    yann.post(f"/echanges/{corrected}/correction", **right)
    for path, told in (("/", " : +1 h"), ("/echanges/", " : +1 h"), ("/releve", "")):
        assert f"Correction{told}, avec Awa" in yann.get(path)
        assert "Corrigé" in yann.get(path)
    assert yann.get("/echanges/").count("Annulé") == 1
    page = yann.get(f"/echanges/{cancelled}")
    assert "Cet échange est annulé." in page
    assert "« Annulé" not in page
    assert "C’était quoi" not in page
    assert "Dire merci" not in page
    undoing = last_exchange(yann)
    assert f"/echanges/{corrected}" in yann.get(f"/echanges/{undoing}")
    with tenant_context(yann.tenant.id):
        reversal = find_reversal(corrected)
        assert reversal
        undoing = reversal.reversal_id
    page = yann.get(f"/echanges/{undoing}")
    assert f"/echanges/{corrected}" in page
    assert "Ceci annule" in page


def test_others_exchanges_are_not_found(cast: Cast, yann: Place, people: dict[str, int]) -> None:
    theirs = exchange(cast, people["Awa"], people["Fatima"], 30)
    for path in ("", "/correction"):
        yann.get(f"/echanges/{theirs}{path}", status=404)
    for path in ("/merci", "/sujet", "/annulation", "/correction"):
        yann.post(f"/echanges/{theirs}{path}", status=404, thanks="x", wording="x")
    with tenant_context(yann.tenant.id):
        assert find_note(theirs) is None
        assert find_reversal(theirs) is None


def test_hours_of_welcome_and_gatherings_are_not_undone_alone(
    cast: Cast, yann: Place, people: dict[str, int]
) -> None:
    with tenant_context(yann.tenant.id):
        shares = {yann.number: 60, people["Awa"]: -30, people["Fatima"]: -30}
        exchanges.record_group(cast.actor("alice"), new_id(), shares, today())
        db.session.commit()
    gathering = last_exchange(yann)
    assert "Vous avez donné 1 h à Fatima et Awa" in yann.get("/echanges/")
    assert "Donné à Fatima et Awa" in yann.get("/releve")
    assert "Une erreur ? Parlez-en" in yann.get(f"/echanges/{gathering}")
    yann.post(f"/echanges/{gathering}/annulation", status=403)
    assert yann.balance() == 60


def test_only_who_received_says_thank_you(cast: Cast, yann: Place, awa: Place) -> None:
    noted = exchange(cast, awa.number, yann.number, 60, wording="couture")
    yann.post(f"/echanges/{noted}/sujet", wording="couture et café")
    yann.post(f"/echanges/{noted}/merci", thanks="Merci pour l’ourlet !")
    assert "Écrivez un mot." in yann.post(f"/echanges/{noted}/merci", status=422, thanks=" ")
    assert "Erreur" in yann.post(f"/echanges/{noted}/sujet", status=422, wording="x" * 201)
    awa.post(f"/echanges/{noted}/merci", status=403, thanks="de rien")
    assert "Merci pour l’ourlet !" in awa.get()
    assert "Merci pour l’ourlet !" not in yann.get()
    assert "couture et café" in awa.get("/echanges/")


def test_thanks_are_read_from_the_member_s_own_lines(
    cast: Cast, yann: Place, awa: Place, queries: list[str]
) -> None:
    for word in ("Un", "Deux", "Trois", "Quatre"):
        noted = exchange(cast, awa.number, yann.number, 10)
        yann.post(f"/echanges/{noted}/merci", thanks=word)
    with tenant_context(awa.tenant.id):
        queries.clear()
        assert [word for word, _ in list_thanks(awa.number)] == ["Quatre", "Trois", "Deux"]
    assert "entries.account_no" in queries[-1]


def test_my_notices_and_those_of_others(yann: Place, awa: Place) -> None:
    theme = re.search(r'<option value="([0-9a-f-]{36})">Mobilité', yann.get("/annonces/nouvelle"))
    assert theme
    key = new_id()
    sent: dict[str, Any] = {
        "cle": key,
        "kind": "request",
        "title": "Réparer un vélo",
        "category": theme[1],
    }
    for _ in range(2):
        yann.post("/annonces/nouvelle", **sent)
    refused = yann.post("/annonces/nouvelle", status=422, title="")
    assert "Dites si vous proposez ou cherchez." in refused
    assert "pas un choix valide" not in refused
    assert "Choisir</option>" in yann.get("/annonces/nouvelle")
    assert "Dites si" in yann.post("/annonces/nouvelle?genre=autre", status=422, title="x")
    seen = awa.get("/annonces/?q=velo&genre=request")
    assert "Réparer un vélo" in seen
    assert "demandez à la personne qui anime" in seen
    awa.post(f"/annonces/{key}/retrait", status=403)
    page = yann.get(f"/annonces/{key}/texte")
    assert "Réparer un vélo" in page
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert version
    sent |= {"title": "Réparer deux vélos", "version": version[1]}
    awa.get(f"/annonces/{key}/texte", status=404)
    awa.post(f"/annonces/{key}/texte", status=404, **sent)
    yann.post(f"/annonces/{key}/texte", **sent)
    assert "Réparer deux vélos" in awa.get("/annonces/?genre=request")
    assert "pendant que vous écriviez" in yann.post(f"/annonces/{key}/texte", status=422, **sent)
    yann.post(f"/annonces/{key}/renouvellement")
    yann.post(f"/annonces/{key}/retrait")
    assert "« Réparer deux vélos » n’est plus affichée." in yann.get()
    assert "Réparer deux vélos" not in awa.get("/annonces/")
    yann.post(f"/annonces/{key}/retour")
    with tenant_context(yann.tenant.id):
        assert len(list_member_offers(yann.member_id)) == 1


def test_my_sheet_is_mine_to_change(yann: Place, awa: Place) -> None:
    page = yann.get("/fiche")
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert version
    sheet: dict[str, Any] = {
        "interests": "cuisiner,  le   vélo ,", "email": "yann@exemple.fr", "phone": "06 12 34 56 78",
        "shows_contact": "y", "version": version[1],
    }  # fmt: skip
    yann.post("/fiche", **sheet)
    assert "Vous aimez : cuisiner et le vélo" in yann.get()
    assert "pendant que vous écriviez" in yann.post("/fiche", status=422, **sheet)
    yann.post("/fiche", status=422, email="pas une adresse", version="9")
    for typed, sentence in (
        (", ".join(f"goût {n}" for n in range(21)), "Gardez 20 centres d’intérêt au plus."),
        ("lire " * 13, "est trop long. Séparez par des virgules."),
    ):
        assert sentence in yann.post("/fiche", status=422, interests=typed, version="9")
    yann.post("/fiche", status=422, email=f"{'y' * 250}@exemple.fr", version="9")
    # Whose address it is already stays unsaid.
    awa.post("/fiche", email="yann@exemple.fr", version=version[1])


def letters(app: Flask) -> dict[str, tuple[str, str]]:
    """The last letter to each address: (the link it holds, its words)."""
    do_work()
    found: dict[str, tuple[str, str]] = {}
    for _, letter in app.extensions["mail_gateway"].read():
        words = letter.get_body(("plain",)).get_content()
        link = re.search(r"http://localhost(/ascs/\S+)", words)
        found.setdefault(letter["To"], (link[1] if link else "", words))
    return found


def address_of(place: Place) -> str | None:
    """The address on someone's sheet."""
    with tenant_context(place.tenant.id):
        member = find_member_of(place.number)
        return member.email if member else None


def test_my_new_address_is_confirmed_before_it_replaces_the_old_one(
    app: Flask, yann: Place, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    yann.post("/fiche", email="Un@Exemple.fr", version="1")
    assert "Un e-mail part à un@exemple.fr." in yann.get()
    assert address_of(yann) is None
    link, words = letters(app)["un@exemple.fr"]
    assert yann.token not in words
    assert "Est-ce votre adresse" in client.get(link).text
    for _ in range(2):
        client.post(link)
    assert address_of(yann) == "un@exemple.fr"
    assert "C’est confirmé" in client.get(link).text
    client.get(link[:-9], status=410)
    client.get(link.replace("/ascs/", "/ccas/"), status=404)
    for address in ("deux@exemple.fr", "trois@exemple.fr"):
        yann.post("/fiche", email=address, version="2")
    assert address_of(yann) == "un@exemple.fr"
    sent = letters(app)
    client.post(sent["trois@exemple.fr"][0])
    client.post(sent["deux@exemple.fr"][0], status=410)
    assert address_of(yann) == "trois@exemple.fr"
    assert "Le lien de votre espace n’arrive plus ici." in letters(app)["un@exemple.fr"][1]
    yann.post("/fiche", email="quatre@exemple.fr", version="3")
    later = now() + timedelta(days=8)
    monkeypatch.setattr(addresses, "now", lambda: later)
    client.get(letters(app)["quatre@exemple.fr"][0], status=410)
    yann.post("/fiche", email="", version="3")
    assert address_of(yann) is None


def test_an_old_address_is_told_that_the_team_changed_it(
    app: Flask, yann: Place, client: Client
) -> None:
    sheet = f"/ascs/heures/membres/{yann.member_id}/fiche"
    client.post(sheet, {"name": "Yann", "email": "un@exemple.fr", "version": "1"}, as_="bob")
    assert letters(app) == {}
    client.post(sheet, {"name": "Yann", "email": "deux@exemple.fr", "version": "2"}, as_="bob")
    assert address_of(yann) == "deux@exemple.fr"
    assert list(letters(app)) == ["un@exemple.fr"]


def test_the_space_says_where_i_am_kindly(cast: Cast, yann: Place, people: dict[str, int]) -> None:
    assert "Vous n’avez encore rien donné ni reçu" in yann.get()
    exchange(cast, yann.number, people["Awa"], 13 * 60)
    page = yann.get()
    assert "Vous avez donné 13 h et n’avez encore rien reçu. Qu’aimeriez-vous recevoir ?" in page
    assert "danger" not in page
