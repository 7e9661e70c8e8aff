"""Every model of the context, one file per aggregate."""

from app.reciprocity.models.accounts import (
    ACCOUNT_KIND_LABELS,
    GENESIS,
    NO_LIMIT,
    Account,
    AccountKind,
    AccountLimit,
    BulleTerms,
    Ledger,
    Operator,
    OperatorKind,
)
from app.reciprocity.models.clearing import Clearing, Mirror, MirrorState, Netting, NettingState
from app.reciprocity.models.fund import FundRule, Grant
from app.reciprocity.models.holds import Hold, HoldOutcome, Outcome
from app.reciprocity.models.hours import REGIME_LABELS, Regime, TimeRecord
from app.reciprocity.models.paper import CHEQUES, Booklet, ChequeUse
from app.reciprocity.models.people import (
    THEMES,
    Category,
    Member,
    MemberLink,
    Offer,
    OfferKind,
)
from app.reciprocity.models.proof import ApiToken, ImportRun, LedgerCheck, Seal, SealHead
from app.reciprocity.models.transfers import (
    EXCHANGES,
    LONGEST,
    TRANSFER_KIND_LABELS,
    Entry,
    ExchangeNote,
    GroupLeg,
    Reversal,
    Transfer,
    TransferKind,
)

__all__ = [
    "ACCOUNT_KIND_LABELS",
    "CHEQUES",
    "EXCHANGES",
    "GENESIS",
    "LONGEST",
    "NO_LIMIT",
    "REGIME_LABELS",
    "THEMES",
    "TRANSFER_KIND_LABELS",
    "Account",
    "AccountKind",
    "AccountLimit",
    "ApiToken",
    "Booklet",
    "BulleTerms",
    "Category",
    "ChequeUse",
    "Clearing",
    "Entry",
    "ExchangeNote",
    "FundRule",
    "Grant",
    "GroupLeg",
    "Hold",
    "HoldOutcome",
    "ImportRun",
    "Ledger",
    "LedgerCheck",
    "Member",
    "MemberLink",
    "Mirror",
    "MirrorState",
    "Netting",
    "NettingState",
    "Offer",
    "OfferKind",
    "Operator",
    "OperatorKind",
    "Outcome",
    "Regime",
    "Reversal",
    "Seal",
    "SealHead",
    "TimeRecord",
    "Transfer",
    "TransferKind",
]
