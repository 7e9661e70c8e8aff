-- One exchange between two members taken at random, by the function that the application calls.
\set debit random(3, 10002)
\set credit 3 + (:debit - 3 + random(1, 9999)) % 10000
SELECT ledger_post_exchange(uuidv7(), :debit, :credit, 60, current_date, 1);
