"""What must hold between the tables of the register: each check is one statement that returns what does
not. Its columns: the fault's name, an account, a transfer, a detail.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import sqlalchemy as sa

from app.reciprocity.models import TransferKind
from app.reciprocity.models.faults import Fault

MOST = 100
"""Faults reported by one check; when there are more, these say enough."""

_KINDS = ", ".join(f"'{kind}'" for kind in TransferKind)

_ZERO_SUM = """
    SELECT 'not_zero_sum', NULL, NULL, sum(delta)::text FROM entries
    WHERE tenant_id = :tenant HAVING sum(delta) <> 0
"""

# Each transfer has the lines it says, and each line has a transfer that says it.
_ENTRIES = """
    WITH said AS (
      SELECT id AS transfer_id, debit AS account_no, -minutes AS delta FROM transfers
      WHERE tenant_id = :tenant AND debit IS NOT NULL
      UNION ALL
      SELECT id, credit, minutes FROM transfers WHERE tenant_id = :tenant AND debit IS NOT NULL
      UNION ALL
      SELECT transfer_id, account_no, delta FROM group_legs WHERE tenant_id = :tenant
    ), written AS (
      SELECT transfer_id, account_no, sum(delta) AS delta, count(*) AS times FROM entries
      WHERE tenant_id = :tenant GROUP BY transfer_id, account_no
    )
    SELECT CASE WHEN w.transfer_id IS NULL THEN 'entry_missing' WHEN s.transfer_id IS NULL THEN 'entry_orphan'
        WHEN w.times > 1 THEN 'entry_doubled' ELSE 'entry_wrong' END,
      account_no, transfer_id, w.delta || ' min, ' || s.delta || ' dites'
    FROM said s FULL JOIN written w USING (transfer_id, account_no)
    WHERE w.times IS DISTINCT FROM 1 OR w.delta IS DISTINCT FROM s.delta
"""

# PostgreSQL checks none of this when a transfer is written: see models/accounts.py. One written at midnight
# may be dated of the day that began while it waited.
_TRANSFERS = f"""
    SELECT 'transfer_malformed', debit, id, CASE
      WHEN minutes <= 0 THEN minutes || ' min'
      WHEN (debit IS NULL) <> (credit IS NULL) THEN 'un seul compte'
      WHEN debit = credit THEN 'le même compte deux fois'
      WHEN NOT kind IN ({_KINDS}) THEN 'genre ' || kind
      WHEN happened_on > ((posted_at + interval '1 hour') AT TIME ZONE 'Europe/Paris')::date
        THEN 'daté après son écriture'
      ELSE 'sans auteur' END
    FROM transfers t
    WHERE tenant_id = :tenant AND (
      minutes <= 0 OR (debit IS NULL) <> (credit IS NULL) OR debit = credit OR NOT kind IN ({_KINDS})
      OR happened_on > ((posted_at + interval '1 hour') AT TIME ZONE 'Europe/Paris')::date
      OR NOT EXISTS (SELECT FROM operators o WHERE o.tenant_id = :tenant AND o.number = t.operator_no))
"""  # noqa: S608 kinds of ours

_GROUPS = """
    SELECT 'group_unbalanced', NULL, t.id,
      coalesce(given, 0) || ' min données, ' || coalesce(taken, 0) || ' reçues'
    FROM transfers t LEFT JOIN (
      SELECT transfer_id, sum(delta) FILTER (WHERE delta > 0) AS given,
        -sum(delta) FILTER (WHERE delta < 0) AS taken
      FROM group_legs WHERE tenant_id = :tenant GROUP BY transfer_id
    ) legs ON legs.transfer_id = t.id
    WHERE t.tenant_id = :tenant AND ((t.debit IS NULL AND t.credit IS NULL) <> (legs.transfer_id IS NOT NULL)
      OR given IS DISTINCT FROM taken OR legs.transfer_id IS NOT NULL AND given <> t.minutes)
"""

_UNKNOWN_ACCOUNTS = """
    SELECT DISTINCT 'account_unknown', account_no, NULL::uuid, '' FROM entries e
    WHERE tenant_id = :tenant
      AND NOT EXISTS (SELECT FROM accounts a WHERE a.tenant_id = :tenant AND a.number = e.account_no)
"""

_HELD = """
    SELECT 'held_wrong', a.number, NULL, a.held || ' min, ' || coalesce(open.minutes, 0) || ' demandées'
    FROM accounts a LEFT JOIN (
      SELECT debit, sum(minutes) AS minutes FROM holds h
      WHERE tenant_id = :tenant
        AND NOT EXISTS (SELECT FROM hold_outcomes o WHERE o.tenant_id = :tenant AND o.hold_id = h.id)
      GROUP BY debit
    ) open ON open.debit = a.number
    WHERE a.tenant_id = :tenant AND a.held <> coalesce(open.minutes, 0)
"""

# What was confirmed was posted under the same id; what was not, was not.
_HOLDS = """
    SELECT 'hold_wrong', h.debit, h.id, coalesce(o.outcome, 'sans réponse')
      || CASE WHEN t.id IS NULL THEN ', sans échange' ELSE ', échange de ' || t.minutes || ' min' END
    FROM holds h
    LEFT JOIN hold_outcomes o ON o.tenant_id = :tenant AND o.hold_id = h.id
    LEFT JOIN transfers t ON t.tenant_id = :tenant AND t.id = h.id
    WHERE h.tenant_id = :tenant AND (o.outcome IS NOT DISTINCT FROM 'accepted') <> coalesce(
      t.kind = 'exchange' AND (t.debit, t.credit, t.minutes) = (h.debit, h.credit, h.minutes),
      t.id IS NOT NULL)
"""

_REVERSALS = """
    WITH legs AS (
      SELECT transfer_id, array_agg((account_no, delta) ORDER BY account_no) AS said,
        array_agg((account_no, -delta) ORDER BY account_no) AS undone
      FROM group_legs WHERE tenant_id = :tenant GROUP BY transfer_id
    )
    SELECT 'reversal_wrong', coalesce(undo.debit, wrong.debit), coalesce(undo.id, r.reversal_id), CASE
      WHEN r.reversed_id IS NULL THEN 'elle ne corrige rien'
      WHEN undo.kind <> 'reversal' THEN 'elle n’est pas notée comme correction'
      WHEN wrong.kind = 'reversal' THEN 'elle corrige une correction'
      ELSE 'elle ne rend pas ce qui a été pris' END
    FROM (SELECT * FROM reversals WHERE tenant_id = :tenant) r
    FULL JOIN (
      SELECT * FROM transfers t WHERE tenant_id = :tenant AND (kind = 'reversal'
        OR EXISTS (SELECT FROM reversals x WHERE x.tenant_id = :tenant AND x.reversal_id = t.id))
    ) undo ON undo.id = r.reversal_id
    LEFT JOIN transfers wrong ON wrong.tenant_id = :tenant AND wrong.id = r.reversed_id
    LEFT JOIN legs ON legs.transfer_id = wrong.id
    LEFT JOIN legs back ON back.transfer_id = undo.id
    WHERE r.reversed_id IS NULL OR undo.kind <> 'reversal' OR wrong.kind = 'reversal'
      OR (undo.debit, undo.credit, undo.minutes) IS DISTINCT FROM (wrong.credit, wrong.debit, wrong.minutes)
      OR back.said IS DISTINCT FROM legs.undone
"""

_LIMITS = """
    SELECT 'limits_wrong', number, NULL, concat_ws(' à ', a.floor, a.ceiling) || ' min'
    FROM accounts a
    LEFT JOIN LATERAL (
      SELECT floor, ceiling FROM account_limits l WHERE l.tenant_id = :tenant AND l.account_no = a.number
      ORDER BY since_version DESC, set_at DESC LIMIT 1
    ) last ON true
    WHERE a.tenant_id = :tenant AND (last.floor, last.ceiling) IS DISTINCT FROM (a.floor, a.ceiling)
"""

_GRANTS = """
    SELECT 'grant_wrong', t.credit, t.id, '' FROM transfers t
    LEFT JOIN grants g ON g.tenant_id = :tenant AND g.transfer_id = t.id
    WHERE t.tenant_id = :tenant AND (t.kind = 'grant') <> (g.transfer_id IS NOT NULL)
"""

# Of two uses of one cheque, the first was corrected.
_CHEQUES = """
    SELECT 'cheque_wrong', t.debit, t.id, CASE
      WHEN u.transfer_id IS NULL THEN 'aucun chèque'
      WHEN t.kind <> 'cheque' THEN 'un échange sans chèque'
      WHEN m.account_no IS DISTINCT FROM t.debit THEN 'le carnet de quelqu’un d’autre'
      WHEN NOT u.cheque BETWEEN 1 AND b.cheques THEN 'chèque n° ' || u.cheque
      ELSE 'un chèque utilisé deux fois' END
    FROM transfers t
    LEFT JOIN cheque_uses u ON u.tenant_id = :tenant AND u.transfer_id = t.id
    LEFT JOIN booklets b ON b.tenant_id = :tenant AND b.id = u.booklet_id
    LEFT JOIN members m ON m.tenant_id = :tenant AND m.id = b.member_id
    WHERE t.tenant_id = :tenant AND ((t.kind = 'cheque') <> (u.transfer_id IS NOT NULL)
      OR u.transfer_id IS NOT NULL AND (m.account_no IS DISTINCT FROM t.debit
        OR NOT u.cheque BETWEEN 1 AND b.cheques
        OR EXISTS (SELECT FROM cheque_uses again WHERE again.tenant_id = :tenant
          AND (again.booklet_id, again.cheque) = (u.booklet_id, u.cheque) AND again.turn > u.turn
          AND NOT EXISTS (SELECT FROM reversals r WHERE r.tenant_id = :tenant AND r.reversed_id = t.id))))
"""

_CLEARINGS = """
    SELECT 'clearing_wrong', t.debit, t.id, '' FROM transfers t
    LEFT JOIN clearings c ON c.tenant_id = :tenant AND c.transfer_id = t.id
    WHERE t.tenant_id = :tenant
      AND CASE WHEN c.transfer_id IS NULL THEN t.kind = 'clearing'
        ELSE NOT t.kind IN ('clearing', 'reversal') END
"""

_HOURS_TWICE = """
    SELECT 'same_hour', a.account_no, a.transfer_id, to_char(lower(a.during * b.during), 'DD/MM/YYYY HH24:MI')
    FROM time_records a JOIN time_records b ON b.tenant_id = :tenant AND b.account_no = a.account_no
      AND b.during && a.during AND b.id > a.id AND b.voided_at IS NULL
    WHERE a.tenant_id = :tenant AND a.voided_at IS NULL
"""

_HOURS = """
    SELECT 'hour_wrong', h.account_no, h.transfer_id, '' FROM time_records h
    JOIN transfers t ON t.tenant_id = :tenant AND t.id = h.transfer_id
    WHERE h.tenant_id = :tenant AND h.voided_at IS NULL AND (t.happened_on <> h.happened_on
      OR t.credit IS DISTINCT FROM h.account_no AND NOT EXISTS (
        SELECT FROM group_legs l WHERE l.tenant_id = :tenant AND l.transfer_id = t.id
          AND l.account_no = h.account_no AND l.delta > 0))
"""

# The last seal covers as many lines as it says, whichever accounts it names.
_SEALED = """
    SELECT 'seal_count_wrong', NULL, NULL, covered || ' lignes, ' || entries || ' dites'
    FROM (SELECT * FROM seals WHERE tenant_id = :tenant ORDER BY number DESC LIMIT 1) s
    CROSS JOIN (SELECT coalesce(sum(version), 0) AS covered FROM (
      SELECT max(version) AS version FROM seal_heads WHERE tenant_id = :tenant GROUP BY account_no) h) c
    WHERE covered <> entries
"""

CHECKS = (
    _ZERO_SUM,
    _ENTRIES,
    _TRANSFERS,
    _GROUPS,
    _UNKNOWN_ACCOUNTS,
    _HELD,
    _HOLDS,
    _REVERSALS,
    _LIMITS,
    _GRANTS,
    _CHEQUES,
    _CLEARINGS,
    _HOURS_TWICE,
    _HOURS,
    _SEALED,
)


def run_checks(connection: sa.Connection, tenant_id: uuid.UUID) -> Iterator[Fault]:
    """What does not hold in the tenant's register, read through a connection that sees one instant of it."""
    for check in CHECKS:
        limited = sa.text(f"{check} LIMIT {MOST}")
        for code, account, transfer, detail in connection.execute(limited, {"tenant": tenant_id}):
            yield Fault(code, account, transfer, detail or "")
