-- A gathering: one gives an hour to each of a hundred others of the same place, in one transfer. Each client has a
-- place of its own with 1 250 members, as in batch.sql.
\set place 3 + :client_id * 1250
\set giver random(0, 1249)
SELECT ledger_post_group(
  uuidv7(),
  :place + :giver::int || array_agg(:place + (:giver + i * 11) % 1250),
  6000 || array_fill(-60, ARRAY[100]),
  current_date,
  1)
FROM generate_series(1, 100) AS i;
