-- A hundred exchanges with account 1 in one call: a pile of cheques keyed in.
SELECT count(*) FROM ledger_post_batch(
  'exchange',
  (SELECT array_agg(uuidv7()) FROM generate_series(1, 100)),
  (SELECT array_agg(3 + (random() * 9999)::int) FROM generate_series(1, 100)),
  array_fill(1, ARRAY[100]),
  array_fill(60, ARRAY[100]),
  array_fill(current_date, ARRAY[100]),
  1);
