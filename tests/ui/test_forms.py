"""Fields, errors and buttons: what is said, and what is tied to what."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest
from wtforms import (
    BooleanField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    widgets,
)
from wtforms.validators import InputRequired, Length, Optional

from tests.ui.conftest import Render, words

FORM = """{% from "components/form.html" import formulaire, champ, actions %}
{% from "components/erreurs.html" import erreurs, titre_page %}
<title>{{ titre_page(form, "Ajouter une rencontre") }}</title>{{ erreurs(form, phrase) }}
{% call formulaire(form) %}
  {% for field in form if field.type != "HiddenField" %}{{ champ(field) }}{% endfor %}
  {{ actions("Ajouter", "Ne pas ajouter", "/retour") }}
{% endcall %}"""


class RencontreForm(Form):
    """One field of each kind that a page may ask."""

    version = HiddenField(default="3")
    titre = StringField(
        "Titre", [InputRequired("Écrivez un titre.")], description="En peu de mots."
    )
    places = IntegerField("Places", [InputRequired("Écrivez un nombre.")])
    note = StringField("Note", [Optional()], render_kw={"class": "grand", "maxlength": 5})
    genre = SelectField(
        "Type", choices=[SelectChoice("cafe", "Café"), SelectChoice("marche", "Marche")]
    )
    lieu = RadioField(
        "Où ?",
        [InputRequired("Choisissez.")],
        choices=[SelectChoice("a", "Ici"), SelectChoice("b", "<b>Là</b>")],
    )
    jours = SelectMultipleField(
        "Jours",
        choices=[SelectChoice("l", "Lundi")],
        widget=widgets.ListWidget(),
        option_widget=widgets.CheckboxInput(),
    )
    accord = BooleanField("J’accepte.", [InputRequired("Cochez la case.")])


@pytest.fixture
def sent_back(render: Render) -> Element:
    form = RencontreForm(genre="cafe")
    assert not form.validate()
    return render(FORM, form=form, phrase="")


def by_id(page: Element, name: str) -> Element:
    found = page.find(f".//*[@id='{name}']")
    assert found is not None, name
    return found


def test_summary_counts_in_words_and_leads_to_each_field(sent_back: Element) -> None:
    assert words(by_id(sent_back, "erreurs-titre")) == "Il reste quatre choses à corriger"
    links = sent_back.findall(".//div[@role='alert']//a")
    assert [link.get("href") for link in links] == ["#titre", "#places", "#lieu", "#accord"]
    for link in links:
        by_id(sent_back, str(link.get("href"))[1:])


def test_summary_names_the_question_when_the_message_does_not(render: Render) -> None:
    class Two(Form):
        asked = StringField("Pourquoi ?", [Length(max=3)])
        low = StringField("Le moins", [InputRequired("Écrivez une durée.")])
        high = StringField("Le plus", [InputRequired("Écrivez une durée.")])
        name = StringField("Nom", [InputRequired("Écrivez un nom.")])

    form = Two(asked="parce que")
    assert not form.validate()
    form.asked.errors = ["Le champ ne peut pas contenir plus de 3 caractères."]
    links = render(FORM, form=form, phrase="").findall(".//div[@role='alert']//a")
    assert [words(link) for link in links] == [
        "Pourquoi ? Le champ ne peut pas contenir plus de 3 caractères.",
        "Le moins : Écrivez une durée.",
        "Le plus : Écrivez une durée.",
        "Écrivez un nom.",
    ]


def test_error_page_says_so_in_its_title(render: Render, sent_back: Element) -> None:
    assert words(sent_back.find(".//title")) == "Erreur : ajouter une rencontre"
    fresh = render(FORM, form=RencontreForm(), phrase="")
    assert words(fresh.find(".//title")) == "Ajouter une rencontre"
    assert fresh.find(".//*[@role='alert']") is None


def test_refusal_of_the_trade_is_told_without_a_field(render: Render) -> None:
    page = render(FORM, form=RencontreForm(), phrase="La salle est <i>prise</i>.")
    assert (
        words(page.find(".//*[@role='alert']"))
        == "Cela n’a pas pu être fait La salle est <i>prise</i>."
    )


def test_faulty_field_is_described_by_its_hint_then_its_error(sent_back: Element) -> None:
    control = by_id(sent_back, "titre")
    assert control.get("aria-describedby") == "titre-aide titre-faute"
    assert control.get("aria-invalid") == "true"
    assert "is-invalid" in str(control.get("class")).split()
    assert words(by_id(sent_back, "titre-faute")) == "Écrivez un titre."


def test_error_stands_between_label_and_control(sent_back: Element) -> None:
    order = [element.get("id") or element.tag for element in sent_back.iter()]
    assert order.index("titre-aide") < order.index("titre-faute") < order.index("titre")


def test_sound_field_is_not_marked(sent_back: Element) -> None:
    control = by_id(sent_back, "genre")
    assert control.get("aria-invalid") is None
    assert control.get("aria-describedby") is None
    assert control.get("class") == "form-select"


def test_optional_says_so_and_keeps_its_own_attributes(sent_back: Element) -> None:
    label = sent_back.find(".//label[@for='note']")
    assert words(label) == "Note (si vous voulez)"
    assert by_id(sent_back, "note").get("class") == "form-control grand"
    assert by_id(sent_back, "note").get("maxlength") == "5"


def test_numbers_are_typed_on_a_phone_pad(sent_back: Element) -> None:
    assert by_id(sent_back, "places").get("type") == "text"
    assert by_id(sent_back, "places").get("inputmode") == "numeric"


def test_answers_are_a_group_with_its_question(sent_back: Element) -> None:
    group = by_id(sent_back, "lieu")
    assert group.tag == "fieldset"
    assert words(group.find("legend")) == "Où ?"
    answers = [words(label) for label in group.findall(".//label")]
    assert answers == ["Ici", "<b>Là</b>"]
    assert by_id(sent_back, "jours").find(".//input[@type='checkbox']") is not None


def test_form_carries_its_token_and_its_hidden_fields(sent_back: Element) -> None:
    hidden = {i.get("name"): i.get("value") for i in sent_back.findall(".//input[@type='hidden']")}
    assert hidden == {"csrf_token": "jeton", "version": "3"}


def test_act_of_one_button_is_a_post_with_its_token(render: Render) -> None:
    page = render(
        '{% from "components/form.html" import bouton_post %}'
        '{{ bouton_post("/retrait", "Le remettre", champs={"rang": 2}) }}'
    )
    form = page.find(".//form")
    assert form is not None
    assert (form.get("method"), form.get("action")) == ("post", "/retrait")
    sent = {i.get("name"): i.get("value") for i in form.findall("input")}
    assert sent == {"csrf_token": "jeton", "rang": "2"}


def test_grave_act_lists_what_happens_and_offers_to_keep(render: Render) -> None:
    page = render(
        '{% from "components/confirmation.html" import confirmation %}'
        '{{ confirmation(["rien ne compte", "tous le savent"], "Annuler", "Garder", "/garder") }}'
    )
    assert [words(item) for item in page.findall(".//li")] == [
        "rien ne compte ;",
        "tous le savent.",
    ]
    assert page.find(".//input[@name='csrf_token']") is not None
    assert words(page.find(".//button")) == "Annuler"
    assert words(page.find(".//a[@href='/garder']")) == "Garder"


def test_second_form_of_a_page_keeps_its_labels_under_another_id(render: Render) -> None:
    form = RencontreForm()
    form.validate()
    page = render(
        '{% from "components/form.html" import champ %}{{ champ(form.titre, id="autre") }}',
        form=form,
    )
    assert words(page.find(".//label[@for='autre']")) == "Titre"
    described = str(by_id(page, "autre").get("aria-describedby")).split()
    assert [words(by_id(page, name)) for name in described] == [
        "En peu de mots.",
        "Écrivez un titre.",
    ]
