"""Every act of the context, one file per aggregate."""

from app.tenants.commands.account import end_other_sessions
from app.tenants.commands.bulles import (
    BulleSheet,
    Passage,
    add_association,
    correct_passage,
    end_association,
    entrust_bulle,
    open_bulle,
    record_passage,
    update_bulle,
)
from app.tenants.commands.register import (
    TenantSheet,
    archive_tenant,
    create_tenant,
    restore_tenant,
    update_tenant,
)
from app.tenants.commands.territories import load_territories

__all__ = [
    "BulleSheet",
    "Passage",
    "TenantSheet",
    "add_association",
    "archive_tenant",
    "correct_passage",
    "create_tenant",
    "end_association",
    "end_other_sessions",
    "entrust_bulle",
    "load_territories",
    "open_bulle",
    "record_passage",
    "restore_tenant",
    "update_bulle",
    "update_tenant",
]
