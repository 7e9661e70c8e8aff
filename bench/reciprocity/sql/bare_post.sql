-- The same rows as a posting writes, in ascending order of accounts: the statements of one transaction.
\set one random(1, 10000)
\set other 1 + (:one - 1 + random(1, 9999)) % 10000
\set first least(:one, :other)
\set second greatest(:one, :other)
BEGIN;
UPDATE accounts SET balance = balance - 60, version = version + 1 WHERE id = :first
RETURNING version AS first_version, balance AS first_balance \gset
UPDATE accounts SET balance = balance + 60, version = version + 1 WHERE id = :second
RETURNING version AS second_version, balance AS second_balance \gset
INSERT INTO transfers (debit, credit, minutes) VALUES (:first, :second, 60) RETURNING id \gset
INSERT INTO entries (account_id, version, transfer_id, delta, balance_after)
VALUES (:first, :first_version, :id, -60, :first_balance), (:second, :second_version, :id, 60, :second_balance);
END;
