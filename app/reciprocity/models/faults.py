"""What the check of the register may find, each by name and in French. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

SENTENCES = {
    # The whole register.
    "not_zero_sum": "Le temps donné et le temps reçu ne sont pas égaux : l’écart est de {detail} min.",
    # An account.
    "balance_wrong": "Le solde du compte {account} n’est pas la somme de ses lignes ({detail}).",
    "version_wrong": "Le compte {account} n’a pas autant de lignes qu’il le dit ({detail}).",
    "head_wrong": "L’empreinte du compte {account} n’est pas celle de ses lignes :"
    " l’une d’elles a été changée.",
    "held_wrong": "Le temps réservé du compte {account} n’est pas celui des demandes en attente ({detail}).",
    "limits_wrong": "Les limites du compte {account} ne sont pas les dernières décidées ({detail}).",
    "account_unknown": "Des lignes portent le numéro {account}, qui n’est aucun compte.",
    # A line of an account.
    "line_missing": "Il manque la ligne {detail} du compte {account}.",
    "line_balance_wrong": "Le solde noté à la ligne {detail} du compte {account} ne suit pas la précédente.",
    "limit_crossed": "La ligne {detail} du compte {account} a dépassé la limite de ce jour-là.",
    "sealed_day_changed": "La ligne {detail} du compte {account} a été écrite dans un jour déjà scellé.",
    "sealed_head_wrong": "Les lignes du compte {account} ne sont plus celles du sceau n° {detail}.",
    # A transfer and its lines.
    "transfer_malformed": "Un mouvement n’est pas bien formé ({detail}).",
    "entry_missing": "Un mouvement n’a pas de ligne dans le compte {account}.",
    "entry_orphan": "Une ligne du compte {account} ne vient d’aucun mouvement.",
    "entry_doubled": "Un mouvement est compté plusieurs fois dans le compte {account}.",
    "entry_wrong": "Une ligne du compte {account} n’a pas la durée de son mouvement ({detail}).",
    "group_unbalanced": "Dans un échange à plusieurs, le temps donné n’est pas le temps reçu ({detail}).",
    "reversal_wrong": "Une correction n’annule pas exactement ce qu’elle corrige ({detail}).",
    "grant_wrong": "Un coup de pouce du fonds n’a pas de raison écrite, ou l’inverse.",
    "hold_wrong": "Une demande et l’échange qui en est né ne disent pas la même chose ({detail}).",
    "cheque_wrong": "Un chèque et l’échange qu’il paie ne disent pas la même chose ({detail}).",
    "clearing_wrong": "Un échange avec un autre lieu n’a pas sa fiche, ou l’inverse.",
    # Hours of someone's day.
    "same_hour": "La même heure est comptée deux fois pour le compte {account} ({detail}).",
    "hour_wrong": "Une heure notée pour le compte {account} ne vient pas d’un échange où il a donné.",
    # Seals.
    "seal_missing": "Il manque le sceau n° {detail}.",
    "seal_root_wrong": "Le sceau n° {detail} ne correspond pas à ce qu’il scelle.",
    "seal_count_wrong": "Le dernier sceau ne couvre pas toutes les lignes qu’il annonce ({detail}).",
    "seal_signature_wrong": "La signature du sceau n° {detail} n’est pas bonne.",
    "seal_signature_lost": "La signature du sceau n° {detail} n’est plus dans le dépôt des documents.",
    "seal_signature_damaged": "La signature du sceau n° {detail} est abîmée dans le dépôt des documents.",
    "seal_unsigned": "Le sceau n° {detail} attend sa signature depuis plus de sept jours.",
    # Between organisations: `detail` is the neighbour's name.
    "mirror_wrong": "Ce que nous nous devons n’est pas égal dans notre registre et dans celui-ci : {detail}.",
    "twin_wrong": "Un échange n’est pas noté pareil dans notre registre et dans celui-ci : {detail}.",
}


@dataclass(frozen=True)
class Fault:
    """Something wrong: its name, the account and the transfer it is about if any, what was found."""

    code: str
    account: int | None = None
    transfer: uuid.UUID | None = None
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, in French."""
        return SENTENCES[self.code].format(account=self.account, detail=self.detail)

    def as_row(self) -> dict[str, Any]:
        """What a LedgerCheck keeps of it."""
        return {
            "code": self.code,
            "account": self.account,
            "transfer": str(self.transfer) if self.transfer else None,
            "detail": self.detail,
            "sentence": self.sentence,
        }
