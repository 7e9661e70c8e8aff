-- A hundred exchanges in one call, as an import or a pile of cheques posts them. Each client has a place of its own
-- with 1 250 members, as two piles of two Bulles have nobody in common; in a place, those of even and of odd number.
SELECT count(*) FROM ledger_post_batch(
  'exchange',
  (SELECT array_agg(uuidv7()) FROM generate_series(1, 100)),
  (SELECT array_agg(3 + :client_id * 1250 + 2 * floor(random() * 625)::int) FROM generate_series(1, 100)),
  (SELECT array_agg(4 + :client_id * 1250 + 2 * floor(random() * 625)::int) FROM generate_series(1, 100)),
  array_fill(60, ARRAY[100]),
  array_fill(current_date, ARRAY[100]),
  1);
