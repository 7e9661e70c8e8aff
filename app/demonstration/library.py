"""The clauses and the standard agreements of the demonstration, and the conventions made from them."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.conventions.models import State
from app.demonstration.content import Draft

CLAUSES: tuple[tuple[str, str, str, str], ...] = (
    (
        "Objet", "Principes", "Objet",
        (
            "{{ proprietaire }} met ce lieu à disposition : {{ lieu }}.\n\n"
            "{{ porteur_nom }} le reçoit, et y porte la Bulle de Vie « {{ bulle }} ».\n\n"
            "Une Bulle de Vie est un lieu de proximité contre l’isolement. Plusieurs associations y agissent"
            " ensemble, dans un cadre commun, sur un territoire choisi pour ses besoins."
        ),
    ),
    (
        "Accueil sans condition", "Principes", "Accueil",
        (
            "Chacun peut venir à tout moment de l’année, sans inscription préalable et sans"
            " dire pourquoi.\n\n"
            "Les personnes qui accueillent tiennent ces règles :\n\n"
            "- ce qui est dit dans le lieu reste dans le lieu ;\n"
            "- chacun peut se taire et partir quand il veut ;\n"
            "- personne n’est jugé, et personne ne cherche à convaincre ;\n"
            "- qui a besoin d’aide est orienté vers un soutien adapté, s’il le souhaite."
        ),
    ),
    (
        "Réciprocité", "Principes", "Réciprocité",
        (
            "Savoir recevoir, c’est aussi savoir donner. Les personnes accueillies donnent aussi, à leur"
            " mesure : du temps, un savoir, un coup de main.\n\n"
            "Les heures données et reçues sont notées au registre de la Bulle. Elles ne valent"
            " pas de l’argent."
        ),
    ),
    (
        "Activités", "Vie du lieu", "Activités",
        (
            "Les parties conviennent de ces activités pour la première année. Elles les changent ensemble"
            " quand les habitants le demandent.\n\n{{ activites }}"
        ),
    ),
    (
        "Usage des locaux", "Vie du lieu", "Usage des locaux",
        (
            "{{ porteur_nom }} ouvre le lieu au moins {{ heures }} heures par semaine. Le mode d’ouverture"
            " retenu est : {{ ouverture }}.\n\n"
            "L’autorisation est donnée à titre précaire et révocable. Le lieu est rendu dans l’état où il a"
            " été reçu, tel que le décrit l’état des lieux."
        ),
    ),
    (
        "Sécurité et assurance", "Vie du lieu", "Sécurité et assurance",
        (
            "{{ porteur_nom }} assure sa responsabilité civile pour toutes les activités de la Bulle, et en"
            " donne l’attestation avant l’ouverture.\n\n"
            "Un plan d’alerte est affiché : la personne référente, les numéros d’urgence, ce que l’on fait si"
            " quelqu’un se sent mal."
        ),
    ),
    (
        "Participation financière", "Argent", "Participation financière",
        (
            "Le budget de l’année est de {{ budget }}. Ocytocines y contribue pour {{ part_reseau }}.\n\n"
            "{{ plan }}\n\n"
            "La mise à disposition gratuite du lieu est une aide en nature. Elle est estimée à"
            " {{ valeur_lieu }} par an, et les deux parties l’inscrivent dans leurs comptes."
        ),
    ),
    (
        "Subvention reversée", "Argent", "Argent public reversé",
        (
            "Si Ocytocines reverse une part d’une subvention publique, elle le fait parce que la convention"
            " avec la personne publique qui l’a versée le prévoit expressément. {{ porteur_nom"
            " }} rend compte de"
            " son emploi dans les six mois qui suivent la fin de l’exercice."
        ),
    ),
    (
        "Bilan", "Vie de la convention", "Bilan",
        (
            "Les parties font le bilan ensemble, au plus tard le {{ bilan }}. Elles regardent le nombre de"
            " rencontres, les personnes venues, les heures échangées, et ce que les habitants en disent."
        ),
    ),
    (
        "Gouvernance", "Vie de la convention", "Gouvernance",
        (
            "Un comité de la Bulle se réunit au moins {{ reunions }} fois par an. Chaque partie y a une voix."
            " Les habitants y ont deux voix, qu’ils désignent eux-mêmes."
        ),
    ),
    (
        "Durée", "Vie de la convention", "Durée",
        (
            "La convention court du {{ debut }} au {{ fin }}. Elle ne se renouvelle pas toute seule."
        ),
    ),
    (
        "Changements et fin", "Vie de la convention", "Changements et fin anticipée",
        (
            "La convention se change par un avenant écrit, signé par toutes les parties.\n\n"
            "Chaque partie peut y mettre fin avant son terme, par écrit, avec un préavis de {{ preavis }}"
            " mois. Les parties cherchent d’abord un accord entre elles."
        ),
    ),
)  # fmt: skip


def _variable(name: str, label: str, kind: str, **more: Any) -> dict[str, Any]:
    base = {"required": True, "hint": "", "choices": [], "columns": []}
    return {"name": name, "label": label, "kind": kind, **base, **more}


VARIABLES = (
    _variable(
        "lieu", "Quel lieu est mis à disposition ?", "text", hint="Sa surface, son étage, son adresse.",
    ),
    _variable("proprietaire", "Qui met le lieu à disposition ?", "party"),
    _variable("porteur_nom", "Qui porte la Bulle ?", "party"),
    _variable(
        "activites", "Quelles activités ?", "table", columns=["Activité", "Rythme", "Avec qui"],
    ),
    _variable("heures", "Combien d’heures d’ouverture par semaine ?", "number"),
    _variable(
        "ouverture", "Comment le lieu ouvre-t-il ?", "choice",
        choices=["en accès libre", "avec une personne présente", "sur rendez-vous"],
    ),
    _variable("budget", "Quel est le budget de l’année ?", "money"),
    _variable("part_reseau", "Combien apporte Ocytocines ?", "money"),
    _variable("plan", "Qui apporte quoi ?", "table", columns=["Qui", "Combien", "Pour quoi"]),
    _variable("valeur_lieu", "À combien estimez-vous la mise à disposition du lieu ?", "money"),
    _variable("bilan", "Avant quelle date faire le bilan ?", "date"),
    _variable("reunions", "Combien de réunions du comité par an ?", "number"),
    _variable("preavis", "Combien de mois de préavis ?", "number"),
)  # fmt: skip

ROLES = (
    {"role": "reseau", "label": "La tête de réseau", "required": True},
    {"role": "bailleur", "label": "Qui met le lieu à disposition", "required": True},
    {"role": "porteur", "label": "La structure qui porte la Bulle", "required": True},
)
WELCOME = "Accueil d’une Bulle"
WELCOME_PURPOSE = "Ouvrir une Bulle dans un lieu mis à disposition, et dire qui fait quoi."
WORKSHOP = "Ateliers dans une Bulle"
WORKSHOP_PURPOSE = "Faire venir une association ou un artiste dans une Bulle ouverte."
WORKSHOP_CLAUSES = (
    "Accueil sans condition",
    "Réciprocité",
    "Activités",
    "Sécurité et assurance",
    "Durée",
)
WORKSHOP_VARIABLES = ("porteur_nom", "activites")
WORKSHOP_ROLES = (
    {"role": "porteur", "label": "La structure qui porte la Bulle", "required": True},
    {"role": "intervenant", "label": "Qui anime les ateliers", "required": True},
)

MAIN_VALUES: dict[str, Any] = {
    "lieu": "un appartement de quatre pièces, au rez-de-chaussée, place de la Fontaine d’Ouche à Dijon",
    "proprietaire": "bailleur",
    "porteur_nom": "porteur",
    "activites": [
        ["Miroir de soi : terre, conte, théâtre, écriture", "Chaque semaine", "Une art-thérapeute"],
        ["Détente et écoute du corps", "Chaque semaine", "Une artiste danseuse"],
        ["Relaxation guidée", "Deux fois par mois", "Un naturopathe"],
        ["Fées déclic : couture de matériaux recyclés", "Chaque semaine", "Les habitantes"],
        ["Repas partagés", "Chaque mois", "Tout le monde"],
    ],
    "heures": "18",
    "ouverture": "avec une personne présente",
    "budget": 1_650_000,
    "part_reseau": 1_350_000,
    "plan": [
        ["Ville de Dijon", "1 000 €", "Les ateliers"],
        ["Carsat Bourgogne-Franche-Comté", "2 000 €", "Les personnes retraitées"],
        ["Ocytocines", "13 500 €", "Le lieu et la coordination"],
    ],
    "valeur_lieu": 960_000,
    "bilan": "2027-09-30",
    "reunions": "4",
    "preavis": "3",
}

OLGA = ("ocytocines", "Olga Renaud", "présidente", "olga@exemple.fr")
ALICE = ("ascs", "Alice Morel", "responsable", "alice@exemple.fr")
DENIS = ("ccas-dijon", "Denis Vasseur", "directeur", "denis@exemple.fr")

DRAFTS = (
    Draft(
        "Un appartement pour Miroir de soi", "alice", WELCOME, "Fontaine d’Ouche",
        date(2027, 1, 1), date(2027, 12, 31), MAIN_VALUES,
        {"reseau": OLGA, "bailleur": DENIS, "porteur": ALICE}, State.IN_FORCE,
    ),
    Draft(
        "Une salle pour les repas partagés", "alice", WELCOME, "Fontaine d’Ouche",
        date(2027, 2, 1), date(2028, 1, 31),
        MAIN_VALUES | {"lieu": "la salle du rez-de-chaussée du centre social, avec sa cuisine"},
        {"reseau": OLGA, "bailleur": DENIS, "porteur": ALICE}, State.SIGNING,
    ),
    Draft(
        "Ventes de Fées déclic au musée", "bob", WORKSHOP, "Fontaine d’Ouche",
        date(2027, 4, 1), date(2027, 9, 30), {"porteur_nom": "porteur", "activites": [
            ["Vente de sacs et de pochettes en banderoles", "Chaque mois", "Les habitantes"],
        ]},
        {
            "porteur": ALICE,
            "intervenant": (
                "Musée de la Vie bourguignonne", "Claire Fournier", "conservatrice", "claire@exemple.fr",
            ),
        },
    ),
    Draft(
        "Rencontres itinérantes dans six communes", "yves", WELCOME, "Yonne Nord",
        date(2027, 1, 1), date(2027, 12, 31),
        MAIN_VALUES | {
            "lieu": "les salles des fêtes de six communes, prêtées à tour de rôle",
            "plan": [
                ["Communauté de communes", "9 000 €", "L’animation"],
                ["Ocytocines", "3 000 €", "La formation"],
            ],
            "budget": 1_200_000, "part_reseau": 300_000, "valeur_lieu": 240_000,
        },
        {
            "reseau": OLGA,
            "porteur": ("yonne-nord", "Yves Garnier", "vice-président", "yves@exemple.fr"),
            "bailleur": (
                "Commune de Villeneuve-la-Guyard", "Nadine Robert", "maire", "mairie@exemple.fr",
            ),
        },
        State.PROPOSED,
    ),
    Draft(
        "Banderoles à recycler", "bob", WORKSHOP, "Fontaine d’Ouche",
        date(2027, 1, 1), date(2027, 6, 30), {},
    ),
)  # fmt: skip
