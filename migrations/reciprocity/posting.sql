-- The posting functions of the hours ledger: the only way to write accounts, transfers and entries.
--
-- Each runs as the schema's owner, with a fixed search_path, for the tenant of the session and no other: there is
-- no tenant among the arguments, every statement names the session's, and forced row security holds the owner too.
-- A refusal is raised under SQLSTATE RB001 with its name as message (app/reciprocity/commands/ledger.py says it in
-- French); nothing of the call stays. Rows are locked in ascending (tenant, account number), so two calls never wait
-- for each other in a circle: FOR NO KEY UPDATE, since the foreign keys that point at an account lock it FOR KEY SHARE
-- in an order of their own. A limit is checked in the WHERE of the update itself, on the row as it is once locked.

CREATE FUNCTION ledger_tenant() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
BEGIN
  IF v_tenant IS NULL THEN
    RAISE EXCEPTION 'no_tenant' USING ERRCODE = 'RB001';
  END IF;
  RETURN v_tenant;
END $$;

-- The id of what can only be done once, which the same facts always give. A version 8 (RFC 9562, 5.8): what is made
-- by clients is of version 4 or 7, so nobody takes it in advance.
CREATE FUNCTION ledger_derive(p_facts text) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN overlay(overlay(md5(p_facts) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid;

-- Volatile, as clock_timestamp() is: declared otherwise, PostgreSQL would not put its text in place of the call.
CREATE FUNCTION ledger_today() RETURNS date LANGUAGE sql
  RETURN (clock_timestamp() AT TIME ZONE 'Europe/Paris')::date;

-- What a transfer commits to, as bytes; the chain of each of its accounts covers it. Stable, as convert_to() is.
CREATE FUNCTION ledger_core(
  p_id uuid, p_kind text, p_debit int, p_credit int, p_minutes int, p_on date, p_operator int, p_posted timestamptz
) RETURNS bytea LANGUAGE sql STABLE
  RETURN uuid_send(p_id) || int4send(coalesce(p_debit, 0)) || int4send(coalesce(p_credit, 0))
    || int4send(p_minutes) || date_send(p_on) || int4send(p_operator) || timestamptz_send(p_posted)
    || convert_to(p_kind, 'UTF8');

CREATE FUNCTION ledger_link(p_head bytea, p_core bytea, p_number int, p_version int, p_delta int)
RETURNS bytea LANGUAGE sql IMMUTABLE
  RETURN sha256(p_head || p_core || int4send(p_number) || int4send(p_version) || int4send(p_delta));

-- In PL/pgSQL: an aggregate calls it row by row, which costs a function in SQL five times more.
CREATE FUNCTION ledger_link_next(p_state bytea, p_head bytea, p_core bytea, p_number int, p_version int, p_delta int)
RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN ledger_link(coalesce(p_state, p_head), p_core, p_number, p_version, p_delta);
END $$;

-- ledger_chain(head, core, number, version, delta ORDER BY version): the head after several entries.
CREATE AGGREGATE ledger_chain(bytea, bytea, int, int, int) (SFUNC = ledger_link_next, STYPE = bytea);

-- Why an update found no row: says it, and which account.
CREATE FUNCTION ledger_explain(p_number int, p_delta int, p_kinds text[], p_freed int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  a accounts;
  v_code text;
BEGIN
  SELECT * INTO a FROM accounts WHERE tenant_id = ledger_tenant() AND number = p_number;
  v_code := CASE
    WHEN NOT FOUND THEN 'unknown_account'
    WHEN a.closed_at IS NOT NULL THEN 'account_closed'
    WHEN NOT a.kind = ANY (p_kinds) THEN 'wrong_account_kind'
    WHEN p_delta < 0 AND a.balance - a.held + p_freed + p_delta < a.floor THEN 'floor_reached'
    WHEN p_delta > 0 AND a.balance + p_delta > a.ceiling THEN 'ceiling_reached'
    ELSE 'account_changed'
  END;
  RAISE EXCEPTION '%', v_code USING ERRCODE = 'RB001', DETAIL = coalesce(p_number::text, '');
END $$;

-- An author of the register. Their numbers have no gap: those of one posting are checked below, by the last one.
CREATE FUNCTION ledger_check_operator(p_operator int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM operators WHERE tenant_id = ledger_tenant() AND number = p_operator;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_operator' USING ERRCODE = 'RB001';
  END IF;
END $$;

-- The day of a posting, neither to come, nor closed; and its author. Read after the transfer is written, when this
-- transaction holds the table: ledger_settled() relies on it.
CREATE FUNCTION ledger_check_day(p_on date, p_operator int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  l ledgers;
BEGIN
  SELECT * INTO l FROM ledgers WHERE tenant_id = ledger_tenant();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no_ledger' USING ERRCODE = 'RB001';
  END IF;
  IF p_on <= l.closed_through THEN
    RAISE EXCEPTION 'day_sealed' USING ERRCODE = 'RB001', DETAIL = l.closed_through::text;
  ELSIF p_on > ledger_today() THEN
    RAISE EXCEPTION 'future_day' USING ERRCODE = 'RB001', DETAIL = p_on::text;
  ELSIF p_operator NOT BETWEEN 1 AND l.last_operator THEN
    RAISE EXCEPTION 'unknown_operator' USING ERRCODE = 'RB001';
  END IF;
END $$;

-- Two accounts, one transfer, two entries. 'posted', or 'exists' when this very transfer is there already.
-- p_freed: minutes that were held on the debit account for it. p_limited: corrections are not, they restore the truth.
CREATE FUNCTION ledger_move(
  p_id uuid, p_kind text, p_debit int, p_credit int, p_minutes int, p_on date, p_operator int,
  p_debit_kinds text[], p_credit_kinds text[], p_freed int DEFAULT 0, p_limited boolean DEFAULT true
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_posted timestamptz := clock_timestamp();
  v_today date := ledger_today();
  v_core bytea;
  v_debit_version int;
  v_debit_balance int;
  v_credit_version int;
  v_credit_balance int;
BEGIN
  IF p_minutes IS NULL OR p_minutes <= 0 THEN
    RAISE EXCEPTION 'minutes_not_positive' USING ERRCODE = 'RB001';
  ELSIF p_minutes > 1000000 AND p_limited THEN
    -- Far from where an account's balance would no longer fit in its column.
    RAISE EXCEPTION 'too_large' USING ERRCODE = 'RB001';
  ELSIF p_id IS NULL OR p_on IS NULL OR p_operator IS NULL THEN
    RAISE EXCEPTION 'incomplete' USING ERRCODE = 'RB001';
  ELSIF p_debit IS NULL OR p_credit IS NULL THEN
    RAISE EXCEPTION 'unknown_account' USING ERRCODE = 'RB001';
  ELSIF p_debit = p_credit THEN
    RAISE EXCEPTION 'same_account' USING ERRCODE = 'RB001', DETAIL = p_debit::text;
  END IF;

  -- First, so that the same transfer sent twice at once waits here and then finds itself.
  INSERT INTO transfers (tenant_id, id, posted_at, minutes, happened_on, operator_no, debit, credit, kind)
  VALUES (v_tenant, p_id, v_posted, p_minutes, p_on, p_operator, p_debit, p_credit, p_kind)
  ON CONFLICT (tenant_id, id) DO NOTHING;
  IF NOT FOUND THEN
    PERFORM FROM transfers WHERE tenant_id = v_tenant AND id = p_id AND kind = p_kind AND debit = p_debit
      AND credit = p_credit AND minutes = p_minutes AND happened_on = p_on;
    IF FOUND THEN
      RETURN 'exists';
    END IF;
    RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_id::text;
  END IF;
  -- The usual case is settled here, without a call: a tenth of a posting's time (bench/reciprocity).
  PERFORM FROM ledgers WHERE tenant_id = v_tenant AND p_on > closed_through AND p_on <= v_today
    AND p_operator BETWEEN 1 AND last_operator;
  IF NOT FOUND THEN
    PERFORM ledger_check_day(p_on, p_operator);
  END IF;
  v_core := ledger_core(p_id, p_kind, p_debit, p_credit, p_minutes, p_on, p_operator, v_posted);

  FOR i IN 1..2 LOOP
    IF (p_debit < p_credit) = (i = 1) THEN
      UPDATE accounts SET balance = balance - p_minutes, held = held - p_freed, version = version + 1,
        moved_on = v_today, head = ledger_link(head, v_core, number, version + 1, -p_minutes)
      WHERE tenant_id = v_tenant AND number = p_debit AND closed_at IS NULL AND kind = ANY (p_debit_kinds)
        AND (balance - held + p_freed - p_minutes >= floor OR NOT p_limited)
      RETURNING version, balance INTO v_debit_version, v_debit_balance;
      IF NOT FOUND THEN
        PERFORM ledger_explain(p_debit, -p_minutes, p_debit_kinds, p_freed);
      END IF;
    ELSE
      UPDATE accounts SET balance = balance + p_minutes, version = version + 1,
        moved_on = v_today, head = ledger_link(head, v_core, number, version + 1, p_minutes)
      WHERE tenant_id = v_tenant AND number = p_credit AND closed_at IS NULL AND kind = ANY (p_credit_kinds)
        AND (balance + p_minutes <= ceiling OR NOT p_limited)
      RETURNING version, balance INTO v_credit_version, v_credit_balance;
      IF NOT FOUND THEN
        PERFORM ledger_explain(p_credit, p_minutes, p_credit_kinds, 0);
      END IF;
    END IF;
  END LOOP;

  INSERT INTO entries (tenant_id, account_no, version, transfer_id, delta, balance_after)
  VALUES (v_tenant, p_debit, v_debit_version, p_id, -p_minutes, v_debit_balance),
    (v_tenant, p_credit, v_credit_version, p_id, p_minutes, v_credit_balance);
  RETURN 'posted';
END $$;

-- Several accounts, one transfer: p_deltas[i] for p_accounts[i], signed minutes that sum to zero.
CREATE FUNCTION ledger_move_group(
  p_id uuid, p_kind text, p_accounts int[], p_deltas int[], p_on date, p_operator int, p_limited boolean
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_posted timestamptz := clock_timestamp();
  v_today date := ledger_today();
  v_kinds text[] := ARRAY['member', 'bulle', 'tenant', 'group'];
  v_minutes int := (SELECT sum(d) FROM unnest(p_deltas) d WHERE d > 0);
  v_core bytea;
  v_moved int;
  v_number int;
  v_delta int;
BEGIN
  INSERT INTO transfers (tenant_id, id, posted_at, minutes, happened_on, operator_no, kind)
  VALUES (v_tenant, p_id, v_posted, v_minutes, p_on, p_operator, p_kind)
  ON CONFLICT (tenant_id, id) DO NOTHING;
  IF NOT FOUND THEN
    PERFORM FROM transfers WHERE tenant_id = v_tenant AND id = p_id AND kind = p_kind AND minutes = v_minutes
      AND happened_on = p_on
      AND (SELECT array_agg((account_no, delta) ORDER BY account_no)
           FROM group_legs WHERE tenant_id = v_tenant AND transfer_id = p_id)
        = (SELECT array_agg((number, delta) ORDER BY number) FROM unnest(p_accounts, p_deltas) AS l (number, delta));
    IF FOUND THEN
      RETURN 'exists';
    END IF;
    RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_id::text;
  END IF;
  PERFORM ledger_check_day(p_on, p_operator);
  v_core := ledger_core(p_id, p_kind, NULL, NULL, v_minutes, p_on, p_operator, v_posted);
  INSERT INTO group_legs (tenant_id, transfer_id, account_no, delta)
  SELECT v_tenant, p_id, number, delta FROM unnest(p_accounts, p_deltas) AS l (number, delta);

  PERFORM FROM accounts WHERE tenant_id = v_tenant AND number = ANY (p_accounts) ORDER BY number
  FOR NO KEY UPDATE;
  WITH moved AS (
    UPDATE accounts a SET balance = balance + l.delta, version = version + 1, moved_on = v_today,
      head = ledger_link(head, v_core, a.number, version + 1, l.delta)
    FROM unnest(p_accounts, p_deltas) AS l (number, delta)
    WHERE a.tenant_id = v_tenant AND a.number = l.number AND closed_at IS NULL AND kind = ANY (v_kinds)
      AND (NOT p_limited
        OR CASE WHEN l.delta < 0 THEN balance - held + l.delta >= floor ELSE balance + l.delta <= ceiling END)
    RETURNING a.number, a.version, l.delta, a.balance
  )
  INSERT INTO entries (tenant_id, account_no, version, transfer_id, delta, balance_after)
  SELECT v_tenant, number, version, p_id, delta, balance FROM moved;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  IF v_moved < cardinality(p_accounts) THEN
    SELECT number, delta INTO v_number, v_delta FROM unnest(p_accounts, p_deltas) AS l (number, delta)
    WHERE NOT EXISTS (SELECT FROM entries e WHERE e.tenant_id = v_tenant AND e.account_no = l.number
      AND e.transfer_id = p_id AND e.version = (SELECT version FROM accounts a
        WHERE a.tenant_id = v_tenant AND a.number = l.number))
    ORDER BY number LIMIT 1;
    PERFORM ledger_explain(v_number, v_delta, v_kinds, 0);
  END IF;
  RETURN 'posted';
END $$;

-- One hour, one regime: the giver has other hours that day, under another regime, that this one might repeat.
CREATE FUNCTION ledger_check_regime(p_giver int, p_on date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM time_records WHERE tenant_id = ledger_tenant() AND account_no = p_giver AND happened_on = p_on
    AND regime <> 'reciprocity' AND voided_at IS NULL;
  IF FOUND THEN
    RAISE EXCEPTION 'start_needed' USING ERRCODE = 'RB001', DETAIL = p_giver::text;
  END IF;
END $$;

-- A stretch of a day; the table's exclusion constraint refuses the same hour twice. The account is locked by now.
CREATE FUNCTION ledger_record_time(
  p_record uuid, p_account int, p_on date, p_starts time, p_minutes int, p_regime text, p_transfer uuid,
  p_activity text, p_operator int
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(p_minutes, 0) <= 0 THEN
    RAISE EXCEPTION 'minutes_not_positive' USING ERRCODE = 'RB001';
  ELSIF p_record IS NULL THEN
    RAISE EXCEPTION 'incomplete' USING ERRCODE = 'RB001';
  ELSIF p_starts IS NULL THEN
    RAISE EXCEPTION 'start_missing' USING ERRCODE = 'RB001';
  ELSIF p_minutes > 1440 OR p_on + p_starts + make_interval(mins => p_minutes) > p_on + 1 THEN
    RAISE EXCEPTION 'crosses_midnight' USING ERRCODE = 'RB001';
  END IF;
  INSERT INTO time_records (tenant_id, id, account_no, happened_on, during, minutes, regime, transfer_id, activity,
    operator_no, recorded_at)
  VALUES (ledger_tenant(), p_record, p_account, p_on,
    tsrange(p_on + p_starts, p_on + p_starts + make_interval(mins => p_minutes)), p_minutes, p_regime, p_transfer,
    coalesce(p_activity, ''), p_operator, clock_timestamp());
EXCEPTION
  WHEN exclusion_violation THEN
    RAISE EXCEPTION 'same_hour' USING ERRCODE = 'RB001', DETAIL = p_account::text;
  WHEN unique_violation THEN
    RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_record::text;
END $$;

-- When the giver of a transfer was at it, and how long. Not known, the day must have no hours of another regime. Sent
-- again with a start, the transfer is the same only with the start that was said then.
CREATE FUNCTION ledger_time_giver(
  p_status text, p_transfer uuid, p_giver int, p_on date, p_starts time, p_lasted int, p_operator int
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_status = 'posted' AND p_starts IS NULL THEN
    PERFORM ledger_check_regime(p_giver, p_on);
  ELSIF p_status = 'posted' THEN
    PERFORM ledger_record_time(gen_random_uuid(), p_giver, p_on, p_starts, p_lasted, 'reciprocity', p_transfer, '',
      p_operator);
  ELSIF p_starts IS NOT NULL THEN
    PERFORM FROM time_records WHERE tenant_id = ledger_tenant() AND transfer_id = p_transfer AND account_no = p_giver
      AND lower(during) = p_on + p_starts AND minutes = p_lasted;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_transfer::text;
    END IF;
  END IF;
END $$;

-- Someone gave, someone received. p_starts: when it began, if that is known.
CREATE FUNCTION ledger_post_exchange(
  p_id uuid, p_debit int, p_credit int, p_minutes int, p_on date, p_operator int, p_starts time DEFAULT NULL,
  p_kind text DEFAULT 'exchange'
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_status text;
BEGIN
  IF p_minutes > 1440 THEN
    RAISE EXCEPTION 'too_long' USING ERRCODE = 'RB001';
  ELSIF p_kind IS NULL OR p_kind NOT IN ('exchange', 'cheque') THEN
    RAISE EXCEPTION 'wrong_kind' USING ERRCODE = 'RB001';
  END IF;
  v_status := ledger_move(p_id, p_kind, p_debit, p_credit, p_minutes, p_on, p_operator,
    ARRAY['member', 'bulle', 'tenant', 'group'], ARRAY['member', 'bulle', 'tenant', 'group']);
  -- The usual giver has no hours of any kind that day: settled here, without a call.
  PERFORM FROM time_records WHERE tenant_id = v_tenant AND account_no = p_credit AND happened_on = p_on;
  IF FOUND OR p_starts IS NOT NULL THEN
    PERFORM ledger_time_giver(v_status, p_id, p_credit, p_on, p_starts, p_minutes, p_operator);
  END IF;
  RETURN v_status;
END $$;

-- p_starts, p_lasted: when it began and how long the givers were at it; what they are credited may be more.
CREATE FUNCTION ledger_post_group(
  p_id uuid, p_accounts int[], p_deltas int[], p_on date, p_operator int,
  p_starts time DEFAULT NULL, p_lasted int DEFAULT NULL
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_status text;
  v_giver int;
BEGIN
  IF cardinality(p_accounts) IS DISTINCT FROM cardinality(p_deltas)
    OR coalesce(cardinality(p_accounts), 0) NOT BETWEEN 2 AND 1000
    OR EXISTS (SELECT FROM unnest(p_accounts, p_deltas) AS l (number, delta) WHERE number IS NULL OR delta IS NULL) THEN
    RAISE EXCEPTION 'group_malformed' USING ERRCODE = 'RB001';
  ELSIF (SELECT count(DISTINCT n) FROM unnest(p_accounts) n) < cardinality(p_accounts) THEN
    RAISE EXCEPTION 'same_account' USING ERRCODE = 'RB001';
  ELSIF (SELECT bool_or(d = 0) FROM unnest(p_deltas) d) THEN
    RAISE EXCEPTION 'minutes_not_positive' USING ERRCODE = 'RB001';
  ELSIF (SELECT sum(d) FROM unnest(p_deltas) d) <> 0 THEN
    RAISE EXCEPTION 'not_zero_sum' USING ERRCODE = 'RB001';
  ELSIF (SELECT bool_or(d < -1440) FROM unnest(p_deltas) d) THEN
    RAISE EXCEPTION 'too_long' USING ERRCODE = 'RB001';
  ELSIF p_id IS NULL OR p_on IS NULL OR p_operator IS NULL THEN
    RAISE EXCEPTION 'incomplete' USING ERRCODE = 'RB001';
  END IF;
  v_status := ledger_move_group(p_id, 'group', p_accounts, p_deltas, p_on, p_operator, true);
  FOR v_giver IN SELECT number FROM unnest(p_accounts, p_deltas) AS l (number, delta) WHERE delta > 0 LOOP
    PERFORM ledger_time_giver(v_status, p_id, v_giver, p_on, p_starts, p_lasted, p_operator);
  END LOOP;
  RETURN v_status;
END $$;

-- Many transfers in one statement each way: all of them, or none. One row per argument, in their order. A refusal's
-- detail is the rank of what is refused, its hint the account (0: none).
CREATE FUNCTION ledger_post_batch(
  p_kind text, p_ids uuid[], p_debits int[], p_credits int[], p_minutes int[], p_days date[], p_operator int
) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_posted timestamptz := clock_timestamp();
  v_today date := ledger_today();
  v_kinds text[] := ARRAY['member', 'bulle', 'tenant', 'group'];
  v_created uuid[];
  book ledgers;
  bad record;
BEGIN
  IF p_kind IS NULL OR p_kind NOT IN ('exchange', 'import') THEN
    RAISE EXCEPTION 'wrong_kind' USING ERRCODE = 'RB001';
  ELSIF p_operator IS NULL THEN
    RAISE EXCEPTION 'incomplete' USING ERRCODE = 'RB001';
  ELSIF num_nulls(p_ids, p_debits, p_credits, p_minutes, p_days) > 0
    OR greatest(array_ndims(p_ids), array_ndims(p_debits), array_ndims(p_credits)) > 1
    OR (cardinality(p_debits), cardinality(p_credits), cardinality(p_minutes), cardinality(p_days))
      <> (cardinality(p_ids), cardinality(p_ids), cardinality(p_ids), cardinality(p_ids)) THEN
    RAISE EXCEPTION 'batch_malformed' USING ERRCODE = 'RB001';
  END IF;
  SELECT * INTO bad FROM unnest(p_ids, p_debits, p_credits, p_minutes, p_days)
    WITH ORDINALITY AS r (id, debit, credit, minutes, day, n)
  WHERE coalesce(minutes, 0) <= 0 OR minutes > 1440 OR debit IS NULL OR credit IS NULL OR debit = credit
    OR id IS NULL OR day IS NULL ORDER BY n LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%', CASE WHEN coalesce(bad.minutes, 0) <= 0 THEN 'minutes_not_positive'
      WHEN bad.minutes > 1440 THEN 'too_long' WHEN bad.id IS NULL OR bad.day IS NULL THEN 'incomplete'
      WHEN bad.debit = bad.credit THEN 'same_account' ELSE 'unknown_account' END
      USING ERRCODE = 'RB001', DETAIL = bad.n::text, HINT = '0';
  END IF;

  WITH created AS (
    INSERT INTO transfers (tenant_id, id, posted_at, minutes, happened_on, operator_no, debit, credit, kind)
    SELECT v_tenant, id, v_posted, minutes, day, p_operator, debit, credit, p_kind
    FROM unnest(p_ids, p_debits, p_credits, p_minutes, p_days) AS r (id, debit, credit, minutes, day)
    ORDER BY id ON CONFLICT (tenant_id, id) DO NOTHING RETURNING id
  )
  SELECT coalesce(array_agg(id), '{}') INTO v_created FROM created;
  IF cardinality(v_created) < cardinality(p_ids) THEN
    SELECT n INTO bad FROM unnest(p_ids, p_debits, p_credits, p_minutes, p_days)
      WITH ORDINALITY AS r (id, debit, credit, minutes, day, n)
    JOIN transfers t ON t.tenant_id = v_tenant AND t.id = r.id
    WHERE (t.kind, t.debit, t.credit, t.minutes, t.happened_on)
      IS DISTINCT FROM (p_kind, r.debit, r.credit, r.minutes, r.day) ORDER BY n LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = bad.n::text, HINT = '0';
    END IF;
  END IF;

  SELECT * INTO book FROM ledgers WHERE tenant_id = v_tenant;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no_ledger' USING ERRCODE = 'RB001';
  END IF;
  -- The past from before the register was opened can be taken over; what the register sealed is closed.
  SELECT n, day INTO bad FROM unnest(p_ids, p_days) WITH ORDINALITY AS r (id, day, n)
  WHERE id = ANY (v_created) AND (day > v_today OR day < '1980-01-01'
    OR day <= book.closed_through AND NOT (p_kind = 'import' AND day < book.opened_on)) ORDER BY n LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%', CASE WHEN bad.day > v_today THEN 'future_day'
      WHEN p_kind = 'import' AND bad.day < '1980-01-01' THEN 'day_too_old' ELSE 'day_sealed' END
      USING ERRCODE = 'RB001', DETAIL = bad.n::text, HINT = '0';
  ELSIF p_operator NOT BETWEEN 1 AND book.last_operator THEN
    RAISE EXCEPTION 'unknown_operator' USING ERRCODE = 'RB001';
  END IF;

  PERFORM FROM accounts WHERE tenant_id = v_tenant AND number = ANY (p_debits || p_credits) ORDER BY number
  FOR NO KEY UPDATE;
  WITH rows AS (
    SELECT DISTINCT ON (id) id, debit, credit, minutes, day, n
    FROM unnest(p_ids, p_debits, p_credits, p_minutes, p_days)
      WITH ORDINALITY AS r (id, debit, credit, minutes, day, n)
    WHERE id = ANY (v_created) ORDER BY id, n
  ), lines AS (
    SELECT n, id, number, delta,
      ledger_core(id, p_kind, debit, credit, minutes, day, p_operator, v_posted) AS core
    FROM rows, LATERAL (VALUES (debit, -minutes), (credit, minutes)) AS leg (number, delta)
  ), running AS (
    SELECT n, id, l.number, delta, core, a.head, a.held, a.floor, a.ceiling, a.closed_at, a.kind,
      (a.version + row_number() OVER w)::int AS version, (a.balance + sum(delta) OVER w)::int AS balance
    FROM lines l LEFT JOIN accounts a ON a.tenant_id = v_tenant AND a.number = l.number
    WINDOW w AS (PARTITION BY l.number ORDER BY n)
  ), written AS (
    INSERT INTO entries (tenant_id, account_no, version, transfer_id, delta, balance_after)
    SELECT v_tenant, number, version, id, delta, balance FROM running
    WHERE closed_at IS NULL AND kind = ANY (v_kinds)
      AND CASE WHEN delta < 0 THEN balance - held >= floor ELSE balance <= ceiling END
    RETURNING account_no, version
  ), heads AS (
    SELECT number, max(version) AS version, sum(delta) AS delta,
      ledger_chain(head, core, number, version, delta ORDER BY version) AS head
    FROM running GROUP BY number
  ), moved AS (
    UPDATE accounts a SET balance = balance + h.delta, version = h.version, head = h.head, moved_on = v_today
    FROM heads h WHERE a.tenant_id = v_tenant AND a.number = h.number RETURNING a.number
  )
  SELECT r.*, (SELECT count(*) FROM moved) INTO bad FROM running r
  WHERE NOT EXISTS (SELECT FROM written w WHERE w.account_no = r.number AND w.version = r.version)
  ORDER BY n, number LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%', CASE WHEN bad.kind IS NULL THEN 'unknown_account' WHEN bad.closed_at IS NOT NULL
      THEN 'account_closed' WHEN NOT bad.kind = ANY (v_kinds) THEN 'wrong_account_kind' WHEN bad.delta < 0
      THEN 'floor_reached' ELSE 'ceiling_reached' END
      USING ERRCODE = 'RB001', DETAIL = bad.n::text, HINT = coalesce(bad.number::text, '');
  END IF;

  SELECT n, credit INTO bad FROM unnest(p_ids, p_credits, p_days) WITH ORDINALITY AS r (id, credit, day, n)
  WHERE id = ANY (v_created) AND EXISTS (
    SELECT FROM time_records t WHERE t.tenant_id = v_tenant AND t.account_no = r.credit AND t.happened_on = r.day
      AND regime <> 'reciprocity' AND voided_at IS NULL) ORDER BY n LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'start_needed' USING ERRCODE = 'RB001', DETAIL = bad.n::text, HINT = bad.credit::text;
  END IF;
  RETURN QUERY SELECT CASE WHEN id = ANY (v_created) THEN 'posted' ELSE 'exists' END
  FROM unnest(p_ids) WITH ORDINALITY AS r (id, n) ORDER BY n;
END $$;

-- The correction of a transfer, once: the same minutes the other way. Dated like what it corrects while that day is
-- open, today after. It is not limited: it restores the truth; only, what the fund has given on is not taken back from
-- it. p_replacement: what is posted instead, if anything.
CREATE FUNCTION ledger_post_reversal(
  p_id uuid, p_reverses uuid, p_reason text, p_operator int, p_replacement uuid DEFAULT NULL
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_every text[] := ARRAY['member', 'bulle', 'tenant', 'group', 'fund'];
  v_accounts int[];
  v_deltas int[];
  v_status text;
  t transfers;
  v_on date;
BEGIN
  SELECT * INTO t FROM transfers WHERE tenant_id = v_tenant AND id = p_reverses;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_transfer' USING ERRCODE = 'RB001';
  ELSIF t.kind = 'reversal' THEN
    RAISE EXCEPTION 'reversal_of_reversal' USING ERRCODE = 'RB001';
  ELSIF t.kind IN ('clearing', 'netting') THEN
    RAISE EXCEPTION 'reversal_elsewhere' USING ERRCODE = 'RB001';
  ELSIF btrim(coalesce(p_reason, '')) = '' THEN
    RAISE EXCEPTION 'reason_needed' USING ERRCODE = 'RB001';
  ELSIF p_id IS NULL OR p_operator IS NULL THEN
    RAISE EXCEPTION 'incomplete' USING ERRCODE = 'RB001';
  END IF;
  PERFORM FROM reversals WHERE tenant_id = v_tenant AND reversed_id = p_reverses AND reversal_id = p_id;
  IF FOUND THEN
    RETURN 'exists';
  END IF;
  SELECT CASE WHEN t.happened_on > closed_through THEN t.happened_on ELSE ledger_today() END INTO v_on
  FROM ledgers WHERE tenant_id = v_tenant;

  IF t.debit IS NULL THEN
    SELECT array_agg(account_no ORDER BY account_no), array_agg(-delta ORDER BY account_no)
    INTO v_accounts, v_deltas FROM group_legs WHERE tenant_id = v_tenant AND transfer_id = p_reverses;
    v_status := ledger_move_group(p_id, 'reversal', v_accounts, v_deltas, v_on, p_operator, false);
  ELSE
    v_status := ledger_move(p_id, 'reversal', t.credit, t.debit, t.minutes, v_on, p_operator, v_every, v_every,
      p_limited => t.kind = 'gift');
  END IF;
  IF v_status = 'exists' THEN
    -- The same correction sent twice at once, which waited for itself; or another transfer's, of the same content.
    PERFORM FROM reversals WHERE tenant_id = v_tenant AND reversed_id = p_reverses AND reversal_id = p_id;
    IF FOUND THEN
      RETURN v_status;
    END IF;
    RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_id::text;
  END IF;
  INSERT INTO reversals (tenant_id, reversed_id, reversal_id, replaced_by, reason)
  VALUES (v_tenant, p_reverses, p_id, p_replacement, p_reason);
  UPDATE time_records SET voided_at = clock_timestamp()
  WHERE tenant_id = v_tenant AND transfer_id = p_reverses AND voided_at IS NULL;
  RETURN 'posted';
EXCEPTION WHEN unique_violation THEN
  -- Two corrections of one transfer at the same moment: the first one stands.
  RAISE EXCEPTION 'already_reversed' USING ERRCODE = 'RB001';
END $$;
