-- Everyone gives to account 1: lock the two rows, look, write.
\set debit random(2, 10000)
BEGIN;
SELECT balance FROM accounts WHERE id IN (1, :debit) ORDER BY id FOR UPDATE;
UPDATE accounts SET balance = balance - 60 WHERE id = :debit;
UPDATE accounts SET balance = balance + 60 WHERE id = 1;
INSERT INTO transfers (debit, credit, minutes) VALUES (:debit, 1, 60);
END;
