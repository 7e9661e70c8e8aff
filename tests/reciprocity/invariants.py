"""What is true of every register at any moment, said in SQL and, for the chains, in Python.

`find_faults` shares nothing with the posting functions nor with `flask reciprocite verifier`: three ways to
count the same minutes.
"""

# ruff: noqa: S608 statements are written here, no one else gives a part
from __future__ import annotations

import hashlib
import struct
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime

import psycopg

UNLIMITED = "('reversal', 'settlement')"
"""The kinds that restore the truth, whatever the limits."""

# Fault → the rows that show it; there must be none.
FAULTS = {
    "a tenant's entries do not sum to zero": """
        SELECT tenant_id, sum(delta) FROM entries GROUP BY 1 HAVING sum(delta) <> 0""",
    "a transfer's entries do not sum to zero": """
        SELECT tenant_id, transfer_id FROM entries GROUP BY 1, 2 HAVING sum(delta) <> 0""",
    "an account's versions have a gap": """
        SELECT a.tenant_id, a.number FROM accounts a LEFT JOIN entries e
          ON e.tenant_id = a.tenant_id AND e.account_no = a.number
        GROUP BY a.tenant_id, a.number, a.version
        HAVING a.version <> count(e.version) OR a.version <> coalesce(max(e.version), 0)
          OR min(e.version) <> 1""",
    "an account's balance is not that of its entries": """
        SELECT a.tenant_id, a.number FROM accounts a LEFT JOIN entries e
          ON e.tenant_id = a.tenant_id AND e.account_no = a.number
        GROUP BY a.tenant_id, a.number, a.balance HAVING a.balance <> coalesce(sum(e.delta), 0)""",
    "a running balance is wrong": """
        SELECT * FROM (SELECT tenant_id, account_no, version, balance_after,
          sum(delta) OVER (PARTITION BY tenant_id, account_no ORDER BY version) AS sum FROM entries) e
        WHERE sum <> balance_after""",
    "an entry has no account or no transfer": """
        SELECT e.tenant_id, e.account_no FROM entries e
          LEFT JOIN accounts a ON a.tenant_id = e.tenant_id AND a.number = e.account_no
          LEFT JOIN transfers t ON t.tenant_id = e.tenant_id AND t.id = e.transfer_id
        WHERE a.number IS NULL OR t.id IS NULL""",
    "a transfer's entries are not what it says": """
        SELECT tenant_id, transfer_id, account_no, sum(delta)::int FROM (
          SELECT tenant_id, id AS transfer_id, debit AS account_no, -minutes AS delta FROM transfers
            WHERE debit IS NOT NULL
          UNION ALL SELECT tenant_id, id, credit, minutes FROM transfers WHERE debit IS NOT NULL
          UNION ALL SELECT tenant_id, transfer_id, account_no, delta FROM group_legs
          UNION ALL SELECT tenant_id, transfer_id, account_no, -delta FROM entries) said
        GROUP BY tenant_id, transfer_id, account_no HAVING sum(delta) <> 0
        UNION ALL SELECT tenant_id, transfer_id, 0, count(*)::int FROM entries GROUP BY 1, 2
          HAVING count(*) < 2 OR count(*) <> count(DISTINCT account_no)
        UNION ALL SELECT tenant_id, id, 0, 0 FROM transfers t WHERE NOT EXISTS (SELECT FROM entries e
          WHERE e.tenant_id = t.tenant_id AND e.transfer_id = t.id)""",
    "a transfer's minutes are not what its givers gave": """
        SELECT t.tenant_id, t.id FROM transfers t JOIN (
          SELECT tenant_id, transfer_id, sum(delta) AS given FROM entries WHERE delta > 0 GROUP BY 1, 2) e
          ON e.tenant_id = t.tenant_id AND e.transfer_id = t.id WHERE e.given <> t.minutes""",
    "minutes are held by no request": """
        SELECT a.tenant_id, a.number, a.held FROM accounts a LEFT JOIN (
          SELECT tenant_id, debit, sum(minutes) AS minutes FROM holds h WHERE NOT EXISTS (
            SELECT FROM hold_outcomes o WHERE o.tenant_id = h.tenant_id AND o.hold_id = h.id)
          GROUP BY 1, 2) h ON h.tenant_id = a.tenant_id AND h.debit = a.number
        WHERE a.held <> coalesce(h.minutes, 0)""",
    "an accepted request has no transfer": """
        SELECT h.tenant_id, h.id FROM holds h JOIN hold_outcomes o
          ON o.tenant_id = h.tenant_id AND o.hold_id = h.id AND o.outcome = 'accepted'
          LEFT JOIN transfers t ON t.tenant_id = h.tenant_id AND t.id = h.id
        WHERE (t.debit, t.credit, t.minutes) IS DISTINCT FROM (h.debit, h.credit, h.minutes)""",
    "a correction is not the reverse of what it corrects": """
        SELECT r.tenant_id, r.reversal_id FROM reversals r
          JOIN transfers t ON t.tenant_id = r.tenant_id AND t.id = r.reversed_id
          LEFT JOIN transfers b ON b.tenant_id = r.tenant_id AND b.id = r.reversal_id
        WHERE t.kind = 'reversal' OR b.kind IS DISTINCT FROM 'reversal'
        UNION ALL SELECT tenant_id, reversal_id FROM (
          SELECT r.tenant_id, r.reversal_id, e.account_no, e.delta FROM reversals r JOIN entries e
            ON e.tenant_id = r.tenant_id AND e.transfer_id = r.reversed_id
          UNION ALL SELECT r.tenant_id, r.reversal_id, e.account_no, e.delta FROM reversals r JOIN entries e
            ON e.tenant_id = r.tenant_id AND e.transfer_id = r.reversal_id) both_ways
        GROUP BY tenant_id, reversal_id, account_no HAVING sum(delta) <> 0
        UNION ALL SELECT tenant_id, id FROM transfers t WHERE kind = 'reversal' AND NOT EXISTS (
          SELECT FROM reversals r WHERE r.tenant_id = t.tenant_id AND r.reversal_id = t.id)""",
    "a posting crossed a limit": f"""
        SELECT e.tenant_id, e.account_no, e.version, e.balance_after, l.floor, l.ceiling FROM entries e
          JOIN transfers t ON t.tenant_id = e.tenant_id AND t.id = e.transfer_id
          CROSS JOIN LATERAL (SELECT floor, ceiling FROM account_limits l
            WHERE l.tenant_id = e.tenant_id AND l.account_no = e.account_no AND l.since_version < e.version
            ORDER BY since_version DESC, set_at DESC LIMIT 1) l
        WHERE t.kind NOT IN {UNLIMITED}
          AND CASE WHEN e.delta < 0 THEN e.balance_after < l.floor ELSE e.balance_after > l.ceiling END""",
    "an account's limits are not the last of its history": """
        SELECT a.tenant_id, a.number FROM accounts a LEFT JOIN LATERAL (
          SELECT floor, ceiling FROM account_limits l
          WHERE l.tenant_id = a.tenant_id AND l.account_no = a.number
          ORDER BY since_version DESC, set_at DESC LIMIT 1) l ON true
        WHERE (a.floor, a.ceiling) IS DISTINCT FROM (l.floor, l.ceiling)""",
    "a closed account is not empty": """
        SELECT tenant_id, number FROM accounts WHERE closed_at IS NOT NULL AND (balance, held) <> (0, 0)""",
    "an account of its kind may not take part": """
        SELECT t.tenant_id, t.id FROM transfers t JOIN entries e
          ON e.tenant_id = t.tenant_id AND e.transfer_id = t.id
          JOIN accounts a ON a.tenant_id = e.tenant_id AND a.number = e.account_no
        WHERE t.kind IN ('exchange', 'cheque', 'group', 'import') AND a.kind IN ('fund', 'mirror')
          OR t.kind = 'gift' AND (e.delta > 0) <> (a.kind = 'fund')
          OR t.kind = 'grant' AND (e.delta < 0) <> (a.kind = 'fund')
          OR t.kind IN ('clearing', 'netting') AND a.kind IN ('fund')""",
    "a grant has no reason": """
        SELECT t.tenant_id, t.id FROM transfers t LEFT JOIN grants g
          ON g.tenant_id = t.tenant_id AND g.transfer_id = t.id
        WHERE (t.kind = 'grant') <> (g.transfer_id IS NOT NULL)""",
    "the fund is below zero for another reason than a correction": """
        SELECT a.tenant_id, a.number, e.version FROM accounts a JOIN entries e
          ON e.tenant_id = a.tenant_id AND e.account_no = a.number AND e.delta < 0 AND e.balance_after < 0
          JOIN transfers t ON t.tenant_id = e.tenant_id AND t.id = e.transfer_id
        WHERE a.kind = 'fund' AND t.kind <> 'reversal'""",
    "someone was welcomed twice": """
        SELECT tenant_id, credit FROM transfers WHERE kind = 'welcome' GROUP BY 1, 2 HAVING count(*) > 1""",
    "the same hour stands twice": """
        SELECT a.tenant_id, a.id FROM time_records a JOIN time_records b ON b.tenant_id = a.tenant_id
          AND b.account_no = a.account_no AND b.id <> a.id AND b.during && a.during
        WHERE a.voided_at IS NULL AND b.voided_at IS NULL""",
    "hours of another regime may repeat an exchange": """
        SELECT w.tenant_id, w.id, t.id FROM time_records w JOIN transfers t
          ON t.tenant_id = w.tenant_id AND t.happened_on = w.happened_on
          AND t.kind IN ('exchange', 'group', 'cheque', 'clearing', 'import')
          JOIN entries e ON e.tenant_id = t.tenant_id AND e.transfer_id = t.id
          AND e.account_no = w.account_no AND e.delta > 0
        WHERE w.regime <> 'reciprocity' AND w.voided_at IS NULL
          AND NOT EXISTS (SELECT FROM reversals r
            WHERE r.tenant_id = t.tenant_id AND r.reversed_id = t.id)
          AND NOT EXISTS (SELECT FROM time_records o WHERE o.tenant_id = t.tenant_id
            AND o.transfer_id = t.id AND o.account_no = w.account_no AND o.voided_at IS NULL)
          AND NOT EXISTS (SELECT FROM hold_outcomes o JOIN holds h
            ON h.tenant_id = o.tenant_id AND h.id = o.hold_id
            WHERE o.tenant_id = t.tenant_id AND o.hold_id = t.id AND h.happened_on <> t.happened_on)""",
    "hours of a corrected exchange still stand": """
        SELECT w.tenant_id, w.id FROM time_records w JOIN reversals r
          ON r.tenant_id = w.tenant_id AND r.reversed_id = w.transfer_id WHERE w.voided_at IS NULL""",
    "an author is unknown": """
        SELECT l.tenant_id, l.last_operator FROM ledgers l JOIN operators o USING (tenant_id)
          GROUP BY 1, 2 HAVING count(*) <> last_operator OR max(number) <> last_operator
        UNION ALL SELECT DISTINCT t.tenant_id, t.operator_no FROM transfers t LEFT JOIN operators o
          ON o.tenant_id = t.tenant_id AND o.number = t.operator_no WHERE o.number IS NULL""",
    "account numbers have a gap": """
        SELECT l.tenant_id, l.last_account FROM ledgers l LEFT JOIN accounts a USING (tenant_id)
        GROUP BY 1, 2 HAVING count(a.number) <> last_account OR max(a.number) <> last_account""",
    "a day was written before it came, or before there was a register": """
        SELECT t.tenant_id, t.id FROM transfers t JOIN ledgers l USING (tenant_id)
        WHERE t.happened_on > (t.posted_at AT TIME ZONE 'Europe/Paris')::date
          OR t.happened_on < l.opened_on - l.grace_days AND t.kind <> 'import'""",
    "two mirrors do not sum to zero": """
        SELECT m.tenant_id, m.peer_id FROM mirrors m
          JOIN accounts a ON a.tenant_id = m.tenant_id AND a.number = m.account_no
          JOIN mirrors n ON n.tenant_id = m.peer_id AND n.peer_id = m.tenant_id
          JOIN accounts b ON b.tenant_id = n.tenant_id AND b.number = n.account_no
        WHERE a.balance + b.balance <> 0""",
}  # fmt: skip
LINES = """
    SELECT e.tenant_id, e.account_no, e.version, e.delta, t.id, t.kind, t.debit, t.credit, t.minutes,
      t.happened_on, t.operator_no, t.posted_at
    FROM entries e JOIN transfers t ON t.tenant_id = e.tenant_id AND t.id = e.transfer_id
    ORDER BY e.tenant_id, e.account_no, e.version"""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def find_faults(connection: psycopg.Connection) -> list[str]:
    """Every fault of every register, in words; read as the administrator, in one snapshot."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = [
            f"{fault}: {row}"
            for fault, statement in FAULTS.items()
            for row in connection.execute(f"{statement} LIMIT 3").fetchall()
        ]
        return found + list(_broken_chains(connection))


def _broken_chains(connection: psycopg.Connection) -> Iterator[str]:
    """Every account whose head is not what its entries make, from the first one on."""
    heads: dict[tuple[uuid.UUID, int], bytes] = {}
    with connection.cursor("lines") as lines:
        lines.itersize = 20_000
        for tenant, account, version, delta, *core in lines.execute(LINES):
            before = heads.get((tenant, account), bytes(32))
            link = _core(*core) + struct.pack("!iii", account, version, delta)
            heads[tenant, account] = hashlib.sha256(before + link).digest()
    for tenant, number, head in connection.execute("SELECT tenant_id, number, head FROM accounts"):
        if heads.get((tenant, number), bytes(32)) != bytes(head):
            yield f"a chain is broken: {tenant}, account {number}"


def _core(
    id_: uuid.UUID, kind: str, debit: int | None, credit: int | None, minutes: int, on: date,
    operator: int, posted: datetime,
) -> bytes:  # fmt: skip
    """What ledger_core() makes: PostgreSQL counts days and microseconds from the year 2000."""
    since = posted - EPOCH
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    numbers = (debit or 0, credit or 0, minutes, (on - EPOCH.date()).days, operator)
    return id_.bytes + struct.pack("!iiiiiq", *numbers, microseconds) + kind.encode()
