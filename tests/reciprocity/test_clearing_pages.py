"""The pages of hours with other organisations, by the cast."""

from __future__ import annotations

import re
import uuid

import pytest

from app.core.db import db, tenant_context
from app.reciprocity.commands.netting import send_balances
from app.reciprocity.queries.clearing import as_visit, list_nettings, list_visits
from tests.factories import clearing as make
from tests.factories.cast import Cast
from tests.factories.reciprocity import join
from tests.factories.work import do_work
from tests.http import Client, text
from tests.reciprocity.test_netting import RING, Ring, ring, this_month

__all__ = ["ring"]
HOME = "/ascs/heures/ailleurs"


def key_in(page: str) -> str:
    """The id that a page made for the exchange to come."""
    found = re.search(r'name="cle" value="([0-9a-f-]{36})"', page)
    assert found, "no key in the page"
    return found[1]


def test_two_organisations_agree_by_their_pages(client: Client, cast: Cast) -> None:
    ascs, ccas = cast.home("alice").id, cast.home("denis").id
    assert "Échangez avec un autre lieu" in client.get(f"{HOME}/", as_="alice").text
    new = f"{HOME}/nouvel-accord"
    page = client.get(new, as_="alice").text
    assert str(ccas) in page
    assert str(cast.home("fanny").id) not in page  # a funder
    client.get(new, as_="bob", status=403)
    client.post(new, {"peer": str(ccas), "limit": ""}, as_="alice", status=422)
    client.post(new, {"peer": str(ascs), "limit": "10"}, as_="alice", status=422)
    page = client.post(new, {"peer": str(ccas), "limit": "2000"}, as_="alice", status=422).text
    assert "entre 1 h et 1 000 h" in text(page)
    client.post(new, {"peer": str(ccas), "limit": "10"}, as_="alice")
    assert "Nous attendons leur réponse" in client.get(f"{HOME}/{ccas}", as_="alice").text
    assert "il faut un accord" in client.get(f"{HOME}/", as_="bob").text
    assert "Noter" not in text(client.get(f"{HOME}/", as_="carole").text)
    client.get(f"/ccas/heures/ailleurs/{ascs}", as_="denis", status=404)
    do_work()
    theirs = "/ccas/heures/ailleurs"
    assert "vous propose d’échanger des heures" in text(client.get(f"{theirs}/", as_="denis").text)
    assert "Répondre à ASCS" in text(client.get("/ccas/", as_="denis").text)
    page = client.get(f"{theirs}/{ascs}", as_="denis").text
    assert "Accepter 10 h" in text(page)
    client.get(f"{theirs}/{ascs}/limite", as_="denis")
    page = client.post(f"{theirs}/{ascs}/limite", {"limit": "x"}, as_="denis", status=422).text
    client.post(f"{theirs}/{ascs}/limite", {"limit": "10 h"}, as_="denis")
    do_work()
    page = text(client.get(f"{HOME}/{ccas}", as_="alice").text)
    assert "Aucun des deux lieux ne doit plus de 10 h à l’autre" in page
    assert str(ccas) not in client.get(new, as_="alice").text
    client.post(new, {"peer": str(ccas), "limit": "5"}, as_="alice", status=422)
    client.post(f"{HOME}/{ccas}/suspension", as_="alice")
    page = text(client.get(f"{HOME}/{ccas}", as_="alice").text)
    assert "suspendus par vous" in page
    client.post(f"{HOME}/{ccas}/reprise", as_="alice")
    assert "d’accord avec CCAS" in text(client.get(f"{HOME}/{ccas}", as_="alice").text)


def test_a_proposal_is_declined_by_its_page(client: Client, cast: Cast) -> None:
    make.say(cast, "alice", "denis")
    do_work()
    ascs, ccas = cast.home("alice").id, cast.home("denis").id
    client.post(f"/ccas/heures/ailleurs/{ascs}/suspension", as_="denis")
    assert (
        "Vous n’avez pas accepté" in client.get(f"/ccas/heures/ailleurs/{ascs}", as_="denis").text
    )
    do_work()
    assert "reste ouverte" in client.get(f"{HOME}/{ccas}", as_="alice").text
    client.post(f"{HOME}/{ccas}/suspension", as_="alice")
    assert "Il n’y a pas d’accord" in client.get(f"{HOME}/{ccas}", as_="alice").text
    client.post(f"{HOME}/{ccas}/reprise", as_="alice", status=422)


def test_an_exchange_in_three_questions_and_its_undoing(client: Client, cast: Cast) -> None:
    here, there = join(cast, "Bernadette")["Bernadette"], join(cast, "Paul", who="denis")["Paul"]
    make.agree(cast)
    code = make.code_of(cast, "denis", there)
    ccas = cast.home("denis").id
    url = f"{HOME}/{ccas}/echange"
    client.get(url, as_="carole", status=403)
    page = client.get(url, as_="bob").text
    assert "Bernadette" in page
    assert "Paul" not in page
    key = key_in(page)
    base = f"{url}?cle={key}&recoit={here}"
    client.get(base, as_="bob", status=200)
    page = client.get(f"{base}&code=ABC0", as_="bob", status=422).text
    assert "Huit lettres" in page
    assert "Ce code n’est pas bon" in page
    client.get(f"{url}?cle={key}&recoit=99", as_="bob", status=404)
    client.get(f"{url}?cle={key}&recoit=x", as_="bob", status=404)
    typed = f"{code[:4].lower()}-{code[4:]}"
    page = client.get(f"{base}&code={typed}", as_="bob").text
    assert "Combien de temps" in page
    client.get(f"{base}&code={typed}&changer=1", as_="bob")
    wrong = client.post(f"{base}&code=AAAABBBB", {"minutes": "60"}, as_="bob", status=422).text
    assert "ne connaît pas ce code" in wrong
    assert 'value="AAAABBBB"' in wrong
    assert "Qui a donné ?" in text(wrong)
    assert f'name="cle" value="{key}"' in wrong
    made = client.post(f"{base}&code={typed}", {"minutes": "90"}, as_="bob").location
    assert made.endswith(key)
    client.post(f"{base}&code={typed}", {"minutes": "90"}, as_="bob")
    page = text(client.get(made, as_="bob").text)
    assert f"Bernadette a reçu 1 h 30 de {code[:4]} {code[4:]}" in page
    assert "Nous devons 1 h 30 à CCAS" in text(client.get(f"{HOME}/", as_="carole").text)
    listed = client.get(f"{HOME}/echanges?q=bernad", as_="carole").text
    assert "1 h 30" in text(listed)
    assert "Effacer les filtres" in client.get(f"{HOME}/echanges?q=zzz", as_="carole").text
    sheet = client.get(f"{HOME}/echanges?format=csv", as_="carole").data.decode("utf-8-sig")
    assert f"Bernadette;a reçu;90;CCAS;{code}" in sheet
    balances = client.get(f"{HOME}/?format=csv", as_="carole").data.decode("utf-8-sig")
    assert "CCAS;90;600;D’accord" in balances
    client.post(f"{made}/annulation", {"reason": "Bernadette m’a dit"}, as_="bob", status=422)
    client.post(f"{made}/annulation", as_="carole", status=403)
    client.post(f"{made}/annulation", as_="bob")
    assert "est annulé" in client.get(made, as_="bob").text
    assert "quittes avec CCAS" in text(client.get(f"{HOME}/", as_="alice").text)


def test_an_exchange_with_another_place_leads_to_its_undoing(client: Client, cast: Cast) -> None:
    here, there = join(cast, "Bernadette")["Bernadette"], join(cast, "Paul", who="denis")["Paul"]
    make.agree(cast)
    ours = make.visit(cast, "alice", here, "denis", make.code_of(cast, "denis", there))
    make.visit(cast, "denis", there, "alice", make.code_of(cast, "alice", here))
    with tenant_context(cast.home("alice").id):
        visits = list(map(as_visit, db.session.execute(list_visits())))
        received = {visit.transfer.id: visit.we_received for visit in visits}
    assert sorted(received.values()) == [False, True]
    for transfer_id, thanked in received.items():
        address = f"/ascs/heures/echanges/{transfer_id}"
        page = client.get(address, as_="bob").text
        assert f'href="{HOME}/echanges/{transfer_id}">L’annuler ici et chez eux…' in page
        assert ('name="thanks"' in page) == thanked
        assert "Voir cet échange" in client.get(address, as_="carole").text
    client.post(f"{HOME}/echanges/{ours}/annulation", as_="bob")
    assert "Voir cet échange" in client.get(f"/ascs/heures/echanges/{ours}", as_="bob").text


def test_the_other_organisation_never_reads_a_name(client: Client, cast: Cast) -> None:
    here, there = join(cast, "Bernadette")["Bernadette"], join(cast, "Paul", who="denis")["Paul"]
    make.agree(cast)
    help_id = make.visit(cast, "alice", here, "denis", make.code_of(cast, "denis", there))
    ascs, theirs = cast.home("alice").id, "/ccas/heures/ailleurs"
    pages = [
        f"{theirs}/",
        f"{theirs}/{ascs}",
        f"{theirs}/echanges",
        f"{theirs}/echanges?format=csv",
    ]
    for page in pages:
        assert "Bernadette" not in client.get(page, as_="denis").data.decode()
    code = make.code_of(cast, "alice", here)
    assert code in client.get(f"{theirs}/echanges?format=csv", as_="denis").data.decode()
    client.get(f"{theirs}/echanges/{help_id}", as_="denis", status=404)
    client.get(f"/carsat/heures/ailleurs/{ascs}", as_="fanny", status=404)
    client.post(f"{theirs}/echanges/{help_id}/annulation", as_="denis", status=404)


def test_near_the_limit_both_are_invited_to_meet(client: Client, cast: Cast) -> None:
    here, there = join(cast, "Bernadette")["Bernadette"], join(cast, "Paul", who="denis")["Paul"]
    make.agree(cast)
    make.visit(cast, "alice", here, "denis", make.code_of(cast, "denis", there), 419)
    assert "un moment ensemble" not in client.get(f"{HOME}/", as_="alice").text
    make.visit(cast, "alice", here, "denis", make.code_of(cast, "denis", there), 1)
    for who, slug in (("alice", "ascs"), ("denis", "ccas")):
        assert "un moment ensemble" in client.get(f"/{slug}/heures/ailleurs/", as_=who).text
        assert "Préparer une rencontre avec" in client.get(f"/{slug}/taches", as_=who).text


@pytest.mark.parametrize("path", ["nouvel-accord", "echanges", str(uuid.UUID(int=7))])
def test_only_our_own_pages_open(client: Client, path: str) -> None:
    client.get(f"{HOME}/{path}", as_="denis", status=404)


def test_a_compensation_is_read_and_accepted(client: Client, ring: Ring) -> None:
    ours = "/ascs/heures/compensations"
    assert "Rien à compenser" in client.get(f"{ours}/", as_="carole").text
    for who in RING:
        with tenant_context(ring.cast.home(who).id):
            send_balances(this_month())
            db.session.commit()
    do_work()
    with tenant_context(ring.cast.home("alice").id):
        netting = db.session.scalars(list_nettings()).one()
        netting_id, sha256 = netting.id, netting.sha256
    url = f"{ours}/{netting_id}"
    page = text(client.get(url, as_="alice").text)
    assert "Cela efface 1 h que vous devez à CCAS" in page
    assert "Personne ne perd d’heures" in page
    assert "Accepter la compensation" not in client.get(url, as_="carole").text
    assert "Répondre à une compensation" in client.get("/ascs/", as_="alice").text
    assert "compensation attend" in client.get(f"{HOME}/", as_="alice").text
    client.post(f"{url}/reponse", {"answer": "accept", "sha256": sha256}, as_="bob", status=403)
    client.post(f"{url}/reponse", {"answer": "perhaps"}, as_="alice", status=422)
    stale = {"answer": "accept", "sha256": "0" * 64}
    client.post(f"{url}/reponse", stale, as_="alice", status=422)
    client.post(f"{url}/reponse", {"answer": "accept", "sha256": sha256}, as_="alice")
    do_work()
    assert "Nous attendons les autres lieux" in client.get(url, as_="alice").text
    ring.answer("denis", netting_id)
    do_work()
    assert "A accepté." in client.get(url, as_="alice").text
    ring.answer("fanny", netting_id)
    do_work()
    assert "C’est écrit dans tous les registres" in client.get(url, as_="alice").text
    assert "Écrite" in client.get(f"{ours}/?etat=posted", as_="carole").text
    assert "Effacer les filtres" in client.get(f"{ours}/?etat=declined", as_="carole").text
    sheet = client.get(f"{ours}/?format=csv", as_="carole").data.decode("utf-8-sig")
    assert ";60;CCAS;CARSAT" in sheet
