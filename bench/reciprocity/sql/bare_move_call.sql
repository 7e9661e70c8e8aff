\set debit random(1, 10000)
\set credit 1 + (:debit - 1 + random(1, 9999)) % 10000
SELECT bare_move(:debit, :credit, 60);
