"""What a PDF file is worth: who signed it, when, and whether it was changed since.

`verify` is for files of strangers: it works in a child process with bounded time and memory.
`examine` is the same examination in this process, for files of ours; `examine_detached` is for bytes of ours
that were signed apart.
"""

from __future__ import annotations

from app.core.verification.attachments import Reading, read_attachment, reads_attachment
from app.core.verification.confined import verify
from app.core.verification.detached import examine_detached
from app.core.verification.examination import embedded_json, examine
from app.core.verification.reading import Limits, Unreadable
from app.core.verification.report import Changes, Report, SignatureReport, Status
from app.core.verification.trust import Trust

__all__ = [
    "Changes",
    "Limits",
    "Reading",
    "Report",
    "SignatureReport",
    "Status",
    "Trust",
    "Unreadable",
    "embedded_json",
    "examine",
    "examine_detached",
    "read_attachment",
    "reads_attachment",
    "verify",
]
