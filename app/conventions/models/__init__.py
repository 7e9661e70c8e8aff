"""The tables and values of the context, one file per aggregate."""

from app.conventions.models.convention import Convention, Party, Signatory, StateChange
from app.conventions.models.library import CatalogueEntry, Clause, ClauseVersion
from app.conventions.models.received import ReceivedConvention
from app.conventions.models.signing import (
    EvidenceEvent,
    Round,
    SealedDocument,
    SealStep,
    SignatoryAct,
    SigningCode,
    SigningLink,
)
from app.conventions.models.states import STATE_LABELS, TRANSITIONS, State, Transition, Who
from app.conventions.models.types import ConventionType, TypeClause, TypeVersion
from app.conventions.models.variables import Variable, VariableKind

__all__ = [
    "STATE_LABELS",
    "TRANSITIONS",
    "CatalogueEntry",
    "Clause",
    "ClauseVersion",
    "Convention",
    "ConventionType",
    "EvidenceEvent",
    "Party",
    "ReceivedConvention",
    "Round",
    "SealStep",
    "SealedDocument",
    "Signatory",
    "SignatoryAct",
    "SigningCode",
    "SigningLink",
    "State",
    "StateChange",
    "Transition",
    "TypeClause",
    "TypeVersion",
    "Variable",
    "VariableKind",
    "Who",
]
