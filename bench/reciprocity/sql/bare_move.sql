-- Two balances and a trace, without the entries: the statements of one transaction.
\set one random(1, 10000)
\set other 1 + (:one - 1 + random(1, 9999)) % 10000
\set first least(:one, :other)
\set second greatest(:one, :other)
BEGIN;
UPDATE accounts SET balance = balance - 60 WHERE id = :first;
UPDATE accounts SET balance = balance + 60 WHERE id = :second;
INSERT INTO transfers (debit, credit, minutes) VALUES (:first, :second, 60);
END;
