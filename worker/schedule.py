"""Every periodic job, in one table. The relay writes each into the outbox, once per slot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.clock import now, paris
from app.core.jobs import later_once
from app.tenants.queries import list_tenant_ids


@dataclass(frozen=True)
class Periodic:
    """A job, how often it runs, and whether it runs once per tenant or once for the installation."""

    name: str
    every: timedelta
    per_tenant: bool = False

    def slot(self, instant: datetime) -> str:
        """The name of the slot an instant falls in; slots start at midnight in Paris."""
        local = paris(instant)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return f"{midnight:%Y-%m-%d}/{int((local - midnight) / self.every)}"


SCHEDULE = (
    Periodic("conventions.expire_conventions", timedelta(hours=6), per_tenant=True),
    Periodic("conventions.sweep_signatures", timedelta(minutes=5), per_tenant=True),
    Periodic("reciprocity.seal_register", timedelta(hours=24), per_tenant=True),
    Periodic("reciprocity.tend_nettings", timedelta(hours=24), per_tenant=True),
    Periodic("reciprocity.check_register", timedelta(hours=24), per_tenant=True),
    Periodic("reciprocity.forget_imports", timedelta(hours=24), per_tenant=True),
    Periodic("reciprocity.expire_requests", timedelta(hours=1), per_tenant=True),
    Periodic("reciprocity.remind_offers", timedelta(hours=24), per_tenant=True),
    Periodic("tenants.purge_proofs", timedelta(hours=24)),
    Periodic("core.forget", timedelta(hours=24)),
)


def write_due(written: dict[str, str]) -> None:
    """Write the jobs whose slot has changed since `written` (which it updates)."""
    for periodic in SCHEDULE:
        slot = periodic.slot(now())
        if written.get(periodic.name) == slot:
            continue
        for tenant_id in list_tenant_ids() if periodic.per_tenant else [None]:
            later_once(periodic.name, slot, tenant_id)
        written[periodic.name] = slot
