"""The hours, on a phone held by who runs the Bulle: exchanges, groups, cheques, corrections."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from app.core.clock import today
from app.reciprocity.models.cheque_numbers import LETTERS
from tests.browser.inspection import inspect, survey
from tests.browser.people import PHONE, People
from tests.browser.test_journey import follow, press, title_is
from tests.browser.test_keyboard import reach

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Finger:
    """Taps on a page, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, role: str, name: str) -> None:
        """Tap on the button or the link of this very name."""
        self.place(role, name).tap()
        self.taps += 1

    def place(self, role: str, name: str) -> Locator:
        """The button or the link of this very name."""
        return self.page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]


def amina_on_her_phone(people: People, *, script: bool = True) -> Page:
    """She runs the Bulle."""
    return people.enter("amina", viewport=PHONE, has_touch=True, java_script_enabled=script)


def look(page: Page, seen: set[str]) -> None:
    """Inspect the page, then go back to the phone."""
    faults = inspect(page, seen)
    page.set_viewport_size(PHONE)
    assert faults == []


def test_exchange_in_three_taps(people: People, seen: set[str]) -> None:
    phone = amina_on_her_phone(people)
    choose(phone, "Bernadette", "Ginette")  # so that they are among those seen last
    Finger(phone).tap("button", "1 h")
    title_is(phone, "Bernadette a donné 1 h à Ginette")
    phone.goto("/ascs/heures/")
    follow(phone, "Noter un échange")
    finger = Finger(phone)
    title_is(phone, "Qui a donné ?")
    finger.tap("button", "Bernadette")
    title_is(phone, "Qui a reçu ?")
    look(phone, seen)
    finger.tap("button", "Ginette")
    title_is(phone, "Combien de temps ?")
    look(phone, seen)
    finger.tap("button", "1 h 30")
    title_is(phone, "Bernadette a donné 1 h 30 à Ginette")
    assert finger.taps == 3
    expect(phone.get_by_role("status")).to_contain_text("L’échange est noté.")
    look(phone, seen)
    undo_and_note_again(phone, seen)


def undo_and_note_again(phone: Page, seen: set[str]) -> None:
    """Cancel what was just noted; the way back keeps the two people, and what it was is told after."""
    press(phone, "Annuler cet échange")
    expect(phone.get_by_role("status")).to_contain_text("L’échange est annulé.")
    look(phone, seen)
    follow(phone, "Noter à nouveau")
    title_is(phone, "Combien de temps ?")
    expect(phone.locator(".phrase")).to_contain_text("Bernadette")
    Finger(phone).tap("button", "1 h")
    title_is(phone, "Bernadette a donné 1 h à Ginette")
    phone.get_by_label("C’était quoi ?").fill("Confitures")
    press(phone, "Ajouter")
    expect(phone.get_by_role("status").first).to_contain_text("C’est noté.")
    follow(phone, "Voir ou corriger cet échange")
    expect(phone.get_by_label("C’était quoi ?")).to_have_value("Confitures")


# Kévin and Rachid only give, Odette only receives: the story of the year has none of these.
@pytest.mark.parametrize(("script", "receiver"), [(True, "Kévin"), (False, "Rachid")])
def test_noted_once(people: People, script: bool, receiver: str) -> None:
    phone = amina_on_her_phone(people, script=script)
    before = told(phone, "Odette", receiver).count()
    choose(phone, "Odette", receiver)
    duration = phone.get_by_role("button", name="2 h", exact=True)
    duration.dblclick()
    title_is(phone, f"Odette a donné 2 h à {receiver}")
    phone.go_back()
    title_is(phone, "Combien de temps ?")
    if duration.count():  # the browser kept the page; another tap, on another duration
        phone.get_by_role("button", name="3 h", exact=True).tap()
    expect(phone.get_by_role("main")).to_contain_text("Cette page a déjà servi.")
    follow(phone, "Voir l’échange noté")
    title_is(phone, f"Odette a donné 2 h à {receiver}")
    expect(told(phone, "Odette", receiver)).to_have_count(before + 1)


def told(phone: Page, giver: str, receiver: str) -> Locator:
    """The exchanges from one to the other, in the list of all."""
    phone.goto(f"/ascs/heures/echanges/?q={giver}")
    return phone.get_by_role("link", name=re.compile(f"^{giver} a donné .* à {receiver}"))


def choose(phone: Page, giver: str, receiver: str) -> None:
    """Say who gave and who received, by their names: those who come rarely are not offered."""
    phone.goto("/ascs/heures/echanges/nouveau")
    for name in (giver, receiver):
        phone.get_by_label("Chercher un nom").fill(name)
        press(phone, "Chercher")
        Finger(phone).tap("button", name)
    title_is(phone, "Combien de temps ?")


@pytest.mark.parametrize(
    ("givers", "receivers", "shares"),
    [
        (("Fatima", "Awa"), ("Hélène",), ("Fatima donne 1 h", "Hélène reçoit 2 h")),
        (("Hélène",), ("Fatima", "Awa"), ("Hélène donne 2 h", "Awa reçoit 1 h")),
    ],
)
def test_exchange_between_several(
    people: People,
    seen: set[str],
    givers: tuple[str, ...],
    receivers: tuple[str, ...],
    shares: tuple[str, str],
) -> None:
    phone = amina_on_her_phone(people)
    phone.goto("/ascs/heures/groupe/")
    tick(phone, givers)
    title_is(phone, "Qui a reçu ?")
    look(phone, seen)
    tick(phone, receivers)
    title_is(phone, "Combien de temps ?")
    look(phone, seen)
    phone.get_by_label("Durée").fill("2 h" if len(givers) < len(receivers) else "1 h")
    phone.get_by_text("Chaque personne qui donne a donné ce temps").tap()
    press(phone, "Voir la part de chaque personne")
    title_is(phone, "Est-ce bien cela ?")
    for share in shares:
        expect(phone.get_by_role("listitem").filter(has_text=share)).to_have_count(1)
    look(phone, seen)
    press(phone, "Noter cet échange")
    expect(phone.get_by_role("status")).to_contain_text("L’échange est noté.")
    press(phone, "Annuler cet échange")
    expect(phone.get_by_role("status")).to_contain_text("L’échange est annulé.")
    look(phone, seen)


def tick(phone: Page, names: tuple[str, ...]) -> None:
    """Look several people up, choose them, and go on."""
    for name in names:
        phone.get_by_label("Chercher un nom").fill(name)
        press(phone, "Chercher")
        phone.get_by_role("checkbox", name=name, exact=True).check()
    press(phone, "Continuer")


def test_paper_cheques(people: People, seen: set[str]) -> None:
    phone = amina_on_her_phone(people)
    numbers = issue_booklet(phone)
    pile = phone.context.new_page()
    pile.goto(f"/ascs/heures/cheques/{numbers[0]}")  # where the code printed on the cheque leads
    title_is(pile, "Noter des chèques")
    expect(cheque(pile, 1).get_by_label("Numéro")).to_have_value(numbers[0])
    fill(pile, 1, number=numbers[0])
    press(pile, "Noter ces chèques")
    expect(pile.get_by_role("status")).to_contain_text("1 chèque noté")
    key_a_pile(pile, numbers, seen)
    phone.reload()
    expect(phone.get_by_role("row").filter(has_text=numbers[0])).to_contain_text("45 min")
    expect(phone.get_by_role("row").filter(has_text=numbers[1])).to_contain_text("45 min")
    expect(phone.get_by_role("row").filter(has_text=numbers[2])).to_contain_text("Rien encore")


def issue_booklet(phone: Page) -> list[str]:
    """Hand a booklet to Nadia and have it printed: the numbers of its cheques."""
    phone.goto("/ascs/heures/carnets/nouveau")
    phone.get_by_label("À qui remettez-vous ce carnet ?").fill("Nadia")
    press(phone, "Préparer le carnet")
    expect(phone.get_by_role("status")).to_contain_text("Le carnet est prêt.")
    booklet = phone.get_by_role("link", name="Imprimer le carnet").get_attribute("href")
    printed = phone.request.get(booklet or "")
    assert printed.status == 200
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.body().startswith(b"%PDF-")
    return phone.get_by_role("rowheader").all_inner_texts()


def key_a_pile(pile: Page, numbers: list[str], seen: set[str]) -> None:
    """One noted already, one whose letter is wrong, one that is right: each is told what it is."""
    wrong = numbers[2][:-1] + LETTERS[LETTERS.index(numbers[2][-1]) - 1]
    for rank, number in enumerate((numbers[0], wrong, numbers[1]), start=1):
        fill(pile, rank, number=number)
    press(pile, "Noter ces chèques")
    expect(pile.get_by_role("alert")).to_contain_text("1 chèque n’est pas noté")
    expect(pile.get_by_role("alert")).to_contain_text(f"{wrong} : Numéro faux.")
    noted = pile.get_by_role("region", name="2 chèques en ordre").get_by_role("listitem")
    expect(noted.filter(has_text=numbers[0])).to_contain_text("Déjà noté.")
    expect(noted.filter(has_text=numbers[1])).to_contain_text("Noté. Samir a donné 45 min à Nadia")
    expect(cheque(pile, 1).get_by_label("Numéro")).to_have_value(wrong)
    look(pile, seen)


def cheque(pile: Page, rank: int) -> Locator:
    """A cheque of the page."""
    return pile.get_by_role("group", name=f"Chèque {rank}", exact=True)


def fill(pile: Page, rank: int, number: str) -> None:
    """Copy a cheque: Samir gave 45 minutes two days ago."""
    row, day = cheque(pile, rank), today() - timedelta(days=2)
    told = {
        "Numéro": number,
        "Qui a donné ?": "samir",
        "Durée": "45",
        "Jour": f"{day.day}/{day.month}",
    }
    for question, answer in told.items():
        row.get_by_label(question).fill(answer)


def test_correction_by_the_team(people: People, seen: set[str]) -> None:
    phone = amina_on_her_phone(people)
    choose(phone, "Rachid", "Lucette")
    Finger(phone).tap("button", "3 h")
    title_is(phone, "Rachid a donné 3 h à Lucette")
    follow(phone, "Voir ou corriger cet échange")
    look(phone, seen)
    follow(phone, "Corriger")
    phone.get_by_label("Durée").fill("2 h")
    press(phone, "Corriger l’échange")
    expect(phone.locator(".faute")).to_contain_text("Dites pourquoi")
    look(phone, seen)
    phone.get_by_label("Pourquoi cette correction ?").fill("C’était plus court")
    press(phone, "Corriger l’échange")
    expect(phone.get_by_role("status")).to_contain_text("L’échange est corrigé.")
    title_is(phone, "Rachid a donné 2 h à Lucette")
    look(phone, seen)
    phone.get_by_role("region", name="Corrections").get_by_role("link").click()
    title_is(phone, "Rachid a donné 3 h à Lucette")
    expect(phone.get_by_role("main")).to_contain_text("C’était plus court")


def test_exchange_by_the_keyboard_alone(people: People) -> None:
    page = people.enter("amina")
    page.goto("/ascs/heures/")
    reach(page, "Noter un échange")
    page.keyboard.press("Enter")
    for question, name in (("Qui a donné ?", "Hélène"), ("Qui a reçu ?", "Inès")):
        title_is(page, question)
        reach(page, "Chercher un nom")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"[?&]nom={quote(name)}"))
        reach(page, name)
        page.keyboard.press("Enter")
    title_is(page, "Combien de temps ?")
    reach(page, "30 min")
    page.keyboard.press("Enter")
    title_is(page, "Hélène a donné 30 min à Inès")
    reach(page, "C’était quoi ?")
    page.keyboard.type("Une balade")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("C’est noté.")
    reach(page, "Annuler cet échange")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("L’échange est annulé.")


def test_pages_of_another_place(people: People, seen: set[str]) -> None:
    place = "/yonne-nord/heures/"
    faults, count = survey(people.enter("yves"), seen, people.site.url + place, within=place)
    assert faults == []
    assert count > 50
