-- A hundred exchanges in one call, as an import or a pile of cheques posts them.
SELECT count(*) FROM ledger_post_batch(
  'exchange',
  (SELECT array_agg(uuidv7()) FROM generate_series(1, 100)),
  (SELECT array_agg(3 + 2 * (random() * 4999)::int) FROM generate_series(1, 100)),
  (SELECT array_agg(4 + 2 * (random() * 4999)::int) FROM generate_series(1, 100)),
  array_fill(60, ARRAY[100]),
  array_fill(current_date, ARRAY[100]),
  1);
