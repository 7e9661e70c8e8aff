"""Members, offers and past exchanges taken over from a file: tried first, then all of it or nothing."""

from app.reciprocity.commands.imports.columns import KINDS, SOURCES, TABLES
from app.reciprocity.commands.imports.running import (
    KEPT,
    Upload,
    accept_import,
    carry_out_import,
    forget_imports,
    retry_import,
    start_import,
    try_import,
)

__all__ = [
    "KEPT",
    "KINDS",
    "SOURCES",
    "TABLES",
    "Upload",
    "accept_import",
    "carry_out_import",
    "forget_imports",
    "retry_import",
    "start_import",
    "try_import",
]
