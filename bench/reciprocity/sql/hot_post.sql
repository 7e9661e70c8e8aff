-- Everyone gives to account 1, one posting at a time.
\set debit random(3, 10002)
SELECT ledger_post_exchange(uuidv7(), :debit, 1, 60, current_date, 1);
