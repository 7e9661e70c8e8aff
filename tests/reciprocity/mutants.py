"""Faulty posting functions, each made from the real one by one substitution.

A proof that finds nothing anywhere is no proof: the machine or the scheduler must break on every one of them,
under the seeds that the suite runs. `EQUIVALENT` keeps what looks like a fault and cannot be one, and why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from tests.reciprocity.books import PROJECT

FUNCTIONS = PROJECT / "migrations" / "reciprocity"


@dataclass(frozen=True)
class Mutant:
    """In the function `ledger_<name>` of a file, `old`, which is there once, becomes `new`."""

    file: str
    name: str
    old: str
    new: str
    broken_by: Literal["machine", "scheduler"] = "machine"
    besides: str = ""
    """SQL to run too."""

    def sql(self) -> str:
        """What replaces the real function."""
        source = (FUNCTIONS / f"{self.file}.sql").read_text()
        found = re.search(rf"CREATE FUNCTION ledger_{self.name}\(.*?\nEND \$\$;", source, re.DOTALL)
        assert found, f"no function {self.name}"
        body = found.group()
        assert body.count(self.old) == 1, (
            f"{self.name} holds {body.count(self.old)} times: {self.old}"
        )
        return (
            body.replace("CREATE", "CREATE OR REPLACE", 1).replace(self.old, self.new)
            + self.besides
        )


FLOOR = "(balance - held + p_freed - p_minutes >= floor OR NOT p_limited)"
CEILING = "(balance + p_minutes <= ceiling OR NOT p_limited)"
DEBITED = "number = p_debit AND closed_at IS NULL"
ALREADY_THERE = "ON CONFLICT (tenant_id, id) DO NOTHING;\n  IF NOT FOUND THEN"

MUTANTS = {
    "the floor is not looked at": Mutant("posting", "move", FLOOR, "true"),
    "the ceiling is not looked at": Mutant("posting", "move", CEILING, "true"),
    "an over-limit member cannot give": Mutant(
        "posting", "move", CEILING, "(balance + p_minutes BETWEEN floor AND ceiling OR NOT p_limited)"
    ),
    "what is held can be given away": Mutant(
        "posting", "move", FLOOR, "(balance - p_minutes >= floor OR NOT p_limited)"
    ),
    "one side moves a minute more": Mutant(
        "posting", "move", "SET balance = balance + p_minutes,", "SET balance = balance + p_minutes + 1,"
    ),
    "one entry says a minute less": Mutant(
        "posting", "move", "v_credit_version, p_id, p_minutes,", "v_credit_version, p_id, p_minutes - 1,"
    ),
    "the balance of an entry is that of the other account": Mutant(
        "posting", "move", "-p_minutes, v_debit_balance)", "-p_minutes, v_credit_balance)"
    ),
    "a retry is not compared": Mutant(
        "posting", "move", "AND minutes = p_minutes AND happened_on", "AND happened_on"
    ),
    "a retry is posted again": Mutant(
        "posting", "move", ALREADY_THERE, ALREADY_THERE.replace("IF NOT FOUND", "IF false")
    ),
    "the chain skips a link": Mutant(
        "posting", "move", "head = ledger_link(head, v_core, number, version + 1, -p_minutes)", "head = head"
    ),
    "the version stays": Mutant(
        "posting", "move", "held = held - p_freed, version = version + 1,", "held = held - p_freed,"
    ),
    "an account is credited though closed": Mutant(
        "posting", "move", "number = p_credit AND closed_at IS NULL", "number = p_credit"
    ),
    "any account may be debited": Mutant("posting", "move", " AND kind = ANY (p_debit_kinds)", ""),
    "any day will do": Mutant(
        "posting", "move", "PERFORM ledger_check_day(p_on, p_operator);", ""
    ),
    "a sealed day is open to all that is taken over": Mutant(
        "posting", "post_batch", "NOT (p_kind = 'import' AND day < book.opened_on)", "p_kind <> 'import'"
    ),
    "an accepted request goes on holding": Mutant("posting", "move", "held = held - p_freed, ", ""),
    "a request is answered twice": Mutant(
        "kinds", "settle_hold", "DO NOTHING;\n  IF NOT FOUND THEN", "DO NOTHING;\n  IF false THEN"
    ),
    "a request declined goes on holding": Mutant(
        "kinds", "settle_hold", "held = held - h.minutes", "held = held"
    ),
    "the start of an accepted request is forgotten": Mutant(
        "kinds", "settle_hold", "v_on, p_starts, h.minutes", "v_on, NULL, h.minutes"
    ),
    "a retry may say another start": Mutant(
        "posting", "time_giver", " AND lower(during) = p_on + p_starts", ""
    ),
    "a request posted meanwhile goes on holding": Mutant(
        "kinds", "settle_hold", "v_status IS DISTINCT FROM 'posted'", "p_outcome <> 'accepted'"
    ),
    "a group exchange need not sum to zero": Mutant(
        "posting", "post_group", "(SELECT sum(d) FROM unnest(p_deltas) d) <> 0", "false"
    ),
    "a group exchange ignores what is held": Mutant(
        "posting", "move_group", "balance - held + l.delta >= floor", "balance + l.delta >= floor"
    ),
    "each line of a batch is weighed alone": Mutant(
        "posting", "post_batch", "(a.balance + sum(delta) OVER w)::int", "(a.balance + delta)::int"
    ),
    "a batch posts the rest of a bad line": Mutant(
        "posting", "post_batch", "FROM running r\n  WHERE NOT", "FROM running r\n  WHERE false AND NOT"
    ),
    "a batch posts again what is there": Mutant(
        "posting", "post_batch", "SELECT coalesce(array_agg(id), '{}') INTO v_created FROM created;",
        "SELECT p_ids INTO v_created FROM (SELECT count(*) FROM created) c;",
    ),
    "a transfer is corrected twice": Mutant(
        "posting", "post_reversal", "VALUES (v_tenant, p_reverses, p_id, p_replacement, p_reason);",
        "VALUES (v_tenant, p_reverses, p_id, p_replacement, p_reason) ON CONFLICT DO NOTHING;",
    ),
    "a correction is corrected": Mutant("posting", "post_reversal", "t.kind = 'reversal'", "false"),
    "a correction bows to limits": Mutant(
        "posting", "post_reversal", "p_limited => t.kind = 'gift'", "p_limited => true"
    ),
    "corrected hours still stand": Mutant(
        "posting", "post_reversal", "voided_at = clock_timestamp()", "voided_at = NULL"
    ),
    "someone is welcomed at each visit": Mutant(
        "kinds", "post_welcome", "ledger_derive(ledger_tenant() || '/welcome/' || p_credit)",
        "gen_random_uuid()",
    ),
    "a grant forgets the year": Mutant(
        "kinds", "post_grant", "v_year + p_minutes > r.yearly_minutes", "false"
    ),
    "the same hour under two regimes": Mutant("posting", "check_regime", "IF FOUND THEN", "IF false THEN"),
    "new limits leave no trace": Mutant(
        "accounts", "set_limits", "p_account, v_version, p_floor,", "p_account, v_version, p_floor - 1,"
    ),
    "an account is closed with requests on it": Mutant(
        "accounts", "close_account", "balance = 0 AND held = 0", "balance = 0"
    ),
    "accounts are locked as they come": Mutant(
        "posting", "move", "(p_debit < p_credit) = (i = 1)", "i = 1", "scheduler"
    ),
    "a group locks accounts as they come": Mutant(
        "posting", "move_group", "number = ANY (p_accounts) ORDER BY number",
        "number = ANY (p_accounts) ORDER BY -number", "scheduler",
    ),
    "the floor is looked at before the lock": Mutant(
        "posting", "move", FLOOR,
        "(NOT p_limited OR (SELECT balance - held + p_freed - p_minutes >= floor FROM accounts b"
        " WHERE b.tenant_id = v_tenant AND b.number = p_debit))", "scheduler",
    ),
    "the balance is read before the lock": Mutant(
        "posting", "move", "SET balance = balance + p_minutes,",
        "SET balance = p_minutes + (SELECT b.balance FROM accounts b WHERE b.tenant_id = v_tenant"
        " AND b.number = p_credit),", "scheduler",
    ),
    "a settlement moves what it read before the lock": Mutant(
        "kinds", "post_settlement", "AND number IN (1, ledger_fund(), p_account)", "AND false", "scheduler"
    ),
    "the same correction at once is refused": Mutant(
        "posting", "post_reversal", "IF v_status = 'exists' THEN", "IF false THEN", "scheduler"
    ),
    "another register is written": Mutant(
        "posting", "move", f"WHERE tenant_id = v_tenant AND {DEBITED}", f"WHERE {DEBITED}",
        besides="ALTER POLICY functions ON accounts USING (true) WITH CHECK (true)",
    ),
}  # fmt: skip

OTHERS = MUTANTS["another register is written"]
EQUIVALENT = {
    "the tenant is not named": (
        replace(OTHERS, besides=""),
        "row security is forced on the owner, as whom the function runs: it sees its own register alone",
    ),
    "a transfer is looked for before it is written": (
        Mutant(
            "posting", "move", "  -- First, so that",
            "  PERFORM FROM transfers WHERE tenant_id = v_tenant AND id = p_id;\n  -- First, so that",
        ),
        "one look more, whose answer nobody heeds: what decides is the unique key",
    ),
    "the batch checks days under a lock": (
        Mutant(
            "posting", "post_batch", "SELECT * INTO book FROM ledgers WHERE tenant_id = v_tenant;",
            "SELECT * INTO book FROM ledgers WHERE tenant_id = v_tenant FOR SHARE;",
        ),
        "slower, no truer: ledger_seal() waits for whoever read the day before it closed",
    ),
}  # fmt: skip
"""Name → the mutant, and why it is none."""
