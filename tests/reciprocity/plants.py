"""Faults to plant in a register: their statements, and what the check must say of them, no more no less."""

from __future__ import annotations

PLANTS: dict[str, tuple[str, set[str]]] = {
    "an hour out of nowhere": (
        """
        INSERT INTO entries SELECT tenant_id, number, version + 1, {simple}, 5, balance + 5 FROM
          accounts WHERE tenant_id = {t} AND number = {a}
        """,
        {"entry_doubled", "not_zero_sum", "version_wrong"},
    ),
    "a cached balance": (
        """
        UPDATE accounts SET balance = balance + 60 WHERE tenant_id = {t} AND number = {a}
        """,
        {"balance_wrong"},
    ),
    "a cached version": (
        """
        UPDATE accounts SET version = version + 1 WHERE tenant_id = {t} AND number = {a}
        """,
        {"version_wrong"},
    ),
    "a head": (
        """
        UPDATE accounts SET head = sha256('x') WHERE tenant_id = {t} AND number = {a}
        """,
        {"head_wrong"},
    ),
    "the day of a transfer": (
        """
        UPDATE transfers SET happened_on = happened_on - 1 WHERE tenant_id = {t} AND id = {accepted}
        """,
        {"sealed_head_wrong"},
    ),
    "the day of a transfer after the last seal": (
        """
        UPDATE transfers SET happened_on = happened_on - 1 WHERE tenant_id = {t} AND debit = {a} AND
          credit = {c} AND minutes = 10
        """,
        {"head_wrong"},
    ),
    "the balance of a line": (
        """
        UPDATE entries SET balance_after = balance_after + 1 WHERE tenant_id = {t} AND account_no = {b}
          AND version = 2
        """,
        {"line_balance_wrong"},
    ),
    "a line that left": (
        """
        DELETE FROM entries WHERE tenant_id = {t} AND account_no = {b} AND version = 2
        """,
        {"entry_missing", "line_missing", "not_zero_sum"},
    ),
    "a rewritten line, its account made to agree": (
        """
        UPDATE entries SET delta = delta + 7 WHERE tenant_id = {t} AND account_no = {b} AND version = 1;
        UPDATE entries SET balance_after = balance_after + 7 WHERE tenant_id = {t} AND account_no = {b};
        UPDATE accounts SET balance = balance + 7 WHERE tenant_id = {t} AND number = {b}
        """,
        {"entry_wrong", "not_zero_sum", "sealed_head_wrong"},
    ),
    "a transfer that left": (
        """
        DELETE FROM transfers WHERE tenant_id = {t} AND id = {accepted}
        """,
        {"entry_orphan", "hold_wrong"},
    ),
    "a doubled line": (
        """
        UPDATE entries SET transfer_id = {simple} WHERE tenant_id = {t} AND account_no = {b} AND
          transfer_id = {accepted}
        """,
        {"entry_doubled", "entry_missing", "sealed_head_wrong"},
    ),
    "lines of no account": (
        """
        UPDATE entries SET account_no = 99 WHERE tenant_id = {t} AND account_no = {c} AND transfer_id =
          {cheque}
        """,
        {"account_unknown", "entry_missing", "entry_orphan", "line_missing"},
    ),
    "minutes that were not": (
        """
        UPDATE transfers SET minutes = -60 WHERE tenant_id = {t} AND id = {simple};
        UPDATE entries SET delta = -delta WHERE tenant_id = {t} AND transfer_id = {simple}
        """,
        {"line_balance_wrong", "transfer_malformed"},
    ),
    "an author who is nobody": (
        """
        UPDATE transfers SET operator_no = 999 WHERE tenant_id = {t} AND id = {simple}
        """,
        {"sealed_head_wrong", "transfer_malformed"},
    ),
    "a day to come": (
        """
        UPDATE transfers SET happened_on = happened_on + 2 WHERE tenant_id = {t} AND id = {granted}
        """,
        {"sealed_head_wrong", "transfer_malformed"},
    ),
    "a leg of a group": (
        """
        UPDATE group_legs SET delta = delta + 1 WHERE tenant_id = {t} AND transfer_id = {group} AND
          account_no = {a}
        """,
        {"entry_wrong", "group_unbalanced"},
    ),
    "minutes held by nobody": (
        """
        UPDATE accounts SET held = held + 15 WHERE tenant_id = {t} AND number = {a}
        """,
        {"held_wrong"},
    ),
    "an answer that was not": (
        """
        INSERT INTO hold_outcomes VALUES ({t}, {waiting}, 'accepted', 1, now());
        UPDATE accounts SET held = held - 15 WHERE tenant_id = {t} AND number = {b}
        """,
        {"hold_wrong"},
    ),
    "a refusal that was an agreement": (
        """
        UPDATE hold_outcomes SET outcome = 'declined' WHERE tenant_id = {t} AND hold_id = {accepted}
        """,
        {"hold_wrong"},
    ),
    "a correction of nothing": (
        """
        DELETE FROM reversals WHERE tenant_id = {t} AND reversed_id = {reversed}
        """,
        {"reversal_wrong"},
    ),
    "a correction of something else": (
        """
        UPDATE reversals SET reversed_id = {simple} WHERE tenant_id = {t} AND reversed_id = {reversed}
        """,
        {"reversal_wrong"},
    ),
    "a correction of a correction": (
        """
        UPDATE reversals SET reversed_id = reversal_id, reversal_id = {reversed} WHERE tenant_id = {t}
          AND reversed_id = {reversed}
        """,
        {"reversal_wrong"},
    ),
    "a limit changed in silence": (
        """
        UPDATE accounts SET floor = floor - 600 WHERE tenant_id = {t} AND number = {c}
        """,
        {"limits_wrong"},
    ),
    "a limit that was crossed": (
        """
        UPDATE account_limits SET floor = -50 WHERE tenant_id = {t} AND account_no = {c} AND
          since_version = 0
        """,
        {"limit_crossed"},
    ),
    "a grant without reason": (
        """
        DELETE FROM grants WHERE tenant_id = {t} AND transfer_id = {granted}
        """,
        {"grant_wrong"},
    ),
    "a cheque without booklet": (
        """
        DELETE FROM cheque_uses WHERE tenant_id = {t} AND transfer_id = {cheque}
        """,
        {"cheque_wrong"},
    ),
    "a cheque of someone else": (
        """
        UPDATE booklets SET member_id = (SELECT id FROM members WHERE tenant_id = {t} AND account_no =
          {c}) WHERE tenant_id = {t}
        """,
        {"cheque_wrong"},
    ),
    "a cheque that paid twice": (
        """
        INSERT INTO cheque_uses VALUES ({t}, {booklet}, 3, 1, {simple})
        """,
        {"cheque_wrong"},
    ),
    "an hour counted twice": (
        """
        ALTER TABLE time_records DROP CONSTRAINT ex_time_records_same_hour;
        INSERT INTO time_records SELECT tenant_id, gen_random_uuid(), account_no, happened_on, during,
          minutes, 'paid', NULL, '', operator_no, recorded_at FROM time_records WHERE tenant_id = {t}
          AND transfer_id = {simple}
        """,
        {"same_hour"},
    ),
    "an hour of no exchange": (
        """
        UPDATE time_records SET account_no = {c} WHERE tenant_id = {t} AND transfer_id = {simple}
        """,
        {"hour_wrong"},
    ),
    "a clearing without its sheet": (
        """
        UPDATE transfers SET kind = 'clearing' WHERE tenant_id = {t} AND credit = {a} AND id = {simple}
        """,
        {"clearing_wrong", "sealed_head_wrong"},
    ),
    "a seal that left": (
        """
        DELETE FROM seal_heads WHERE tenant_id = {t} AND seal_no = 1;
        DELETE FROM seals WHERE tenant_id = {t} AND number = 1
        """,
        {"seal_count_wrong", "seal_missing"},
    ),
    "what a seal covers": (
        """
        UPDATE seal_heads SET head = sha256('x') WHERE tenant_id = {t} AND seal_no = 1 AND account_no =
          {a}
        """,
        {"seal_root_wrong", "sealed_head_wrong"},
    ),
    "a seal made again": (
        """
        UPDATE seals SET closed_through = closed_through - 1 WHERE tenant_id = {t} AND number = 2
        """,
        {"seal_signature_wrong"},
    ),
    "a seal whose signature is lost": (
        """
        UPDATE seals SET signature_sha256 =
          '0000000000000000000000000000000000000000000000000000000000000000' WHERE tenant_id = {t} AND
          number = 1
        """,
        {"seal_signature_lost"},
    ),
    "a seal that nobody signs": (
        """
        UPDATE seals SET signature_sha256 = NULL, sealed_at = sealed_at - interval '8 days' WHERE
          tenant_id = {t} AND number = 2
        """,
        {"seal_unsigned"},
    ),
    "a line in a sealed day": (
        """
        UPDATE seals SET closed_through = ledger_today(), signature_sha256 = NULL WHERE tenant_id = {t}
          AND number = 1
        """,
        {"sealed_day_changed"},
    ),
    "an account left out of its seal": (
        """
        UPDATE seals SET entries = entries + 1, signature_sha256 = NULL WHERE tenant_id = {t} AND number
          = 2
        """,
        {"seal_count_wrong"},
    ),
}
