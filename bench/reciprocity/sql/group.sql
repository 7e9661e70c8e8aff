-- A gathering: one gives an hour to each of a hundred others, in one transfer.
\set giver random(3, 10002)
SELECT ledger_post_group(uuidv7(), :giver::int || numbers, 6000 || array_fill(-60, ARRAY[100]), current_date, 1)
FROM (SELECT array_agg(3 + (:giver - 3 + i * 97) % 10000) AS numbers FROM generate_series(1, 100) AS i) AS others;
