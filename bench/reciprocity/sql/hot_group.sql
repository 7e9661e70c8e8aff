-- A workshop of a hundred people closes: account 1 gave an hour to each, in one transfer.
\set start random(0, 9999)
SELECT ledger_post_group(uuidv7(), 1 || numbers, 6000 || array_fill(-60, ARRAY[100]), current_date, 1)
FROM (SELECT array_agg(3 + (:start + i * 97) % 10000) AS numbers FROM generate_series(1, 100) AS i) AS others;
