-- The daily seal: days are closed, then, in a later transaction, the register is hashed as it stands.

-- Nothing more may be dated on p_through or before. The last three days always stay open: corrections need them.
-- What is being posted at this very moment may still carry a day that closes: ledger_seal() waits for it.
CREATE FUNCTION ledger_close_days(p_through date) RETURNS date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_closed date;
BEGIN
  UPDATE ledgers SET closed_through = greatest(closed_through, least(p_through, ledger_today() - 3))
  WHERE tenant_id = ledger_tenant() RETURNING closed_through INTO v_closed;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no_ledger' USING ERRCODE = 'RB001';
  END IF;
  RETURN v_closed;
END $$;

-- Waits until each transaction that is writing transfers now has ended; false when one outlasts p_patience.
--
-- A posting writes its transfer, and so holds the table's lock, before it reads the closing day: whoever read the
-- day as it was before a closing that is committed now is among the holders. Their list is taken once, so that
-- those who come later are not waited for. Numbers of transactions would not do: they are not given in the order in
-- which transactions end, and pg_snapshot_xmax() is past the last one that *ended*, not the last one that began.
-- A transaction gives up its locks after it has become visible: what it posted is seen by the next statement.
CREATE FUNCTION ledger_settled(p_patience interval) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_until timestamptz := clock_timestamp() + p_patience;
  v_here oid := (SELECT oid FROM pg_database WHERE datname = current_database());
  v_writers text[] := ARRAY(
    SELECT virtualtransaction FROM pg_locks
    WHERE database = v_here AND relation = 'transfers'::regclass AND mode = 'RowExclusiveLock'
      AND pid <> pg_backend_pid());
BEGIN
  WHILE EXISTS (
    SELECT FROM pg_locks
    WHERE database = v_here AND relation = 'transfers'::regclass AND virtualtransaction = ANY (v_writers)
  ) LOOP
    IF clock_timestamp() > v_until THEN
      RETURN false;
    END IF;
    PERFORM pg_sleep(0.02);
  END LOOP;
  RETURN true;
END $$;

-- Seals the register; returns the seal's number. The first seal of a day is written even if nothing moved, so that a
-- missing day is seen; another one the same day only if something did. To be called in a transaction of its own,
-- READ COMMITTED, after the one that closed the days.
CREATE FUNCTION ledger_seal(p_patience interval) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_closed date;
  v_number int;
  v_last seals;
BEGIN
  SELECT closed_through INTO v_closed FROM ledgers WHERE tenant_id = v_tenant;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no_ledger' USING ERRCODE = 'RB001';
  ELSIF NOT ledger_settled(p_patience) THEN
    RAISE EXCEPTION 'postings_in_flight' USING ERRCODE = 'RB001';
  END IF;
  -- Two at once: the second waits here, and goes on from the first.
  PERFORM FROM ledgers WHERE tenant_id = v_tenant FOR UPDATE;
  SELECT * INTO v_last FROM seals WHERE tenant_id = v_tenant ORDER BY number DESC LIMIT 1;
  v_closed := greatest(v_closed, v_last.closed_through);

  -- One statement, one snapshot. What commits after it has a higher version than the one sealed here: the next seal
  -- finds it, whatever its id, its number or the order in which it commits.
  WITH moved AS MATERIALIZED (
    SELECT number, version, head FROM accounts a
    WHERE tenant_id = v_tenant AND version > coalesce((SELECT max(h.version) FROM seal_heads h
      WHERE h.tenant_id = v_tenant AND h.account_no = a.number), 0)
  ), book AS (
    SELECT count(*) AS accounts, coalesce(sum(version), 0) AS entries FROM accounts WHERE tenant_id = v_tenant
  ), sealed AS (
    INSERT INTO seals (tenant_id, number, sealed_at, closed_through, snapshot, accounts, entries, root)
    SELECT v_tenant, coalesce(v_last.number, 0) + 1, clock_timestamp(), v_closed, pg_current_snapshot()::text,
      accounts, entries,
      sha256(coalesce(v_last.root, decode(repeat('00', 32), 'hex')) || coalesce(
        (SELECT string_agg(int4send(number) || int4send(version) || head, ''::bytea ORDER BY number) FROM moved), ''))
    FROM book
    WHERE v_last.number IS NULL OR v_last.closed_through < v_closed OR EXISTS (SELECT FROM moved)
      OR (v_last.sealed_at AT TIME ZONE 'Europe/Paris')::date < ledger_today()
    RETURNING seals.number
  ), kept AS (
    INSERT INTO seal_heads (tenant_id, seal_no, account_no, version, head)
    SELECT v_tenant, sealed.number, moved.number, version, head FROM sealed, moved
  )
  SELECT number INTO v_number FROM sealed;
  RETURN coalesce(v_number, v_last.number);
END $$;

-- Where the signature of a seal is kept, once.
CREATE FUNCTION ledger_sign_seal(p_number int, p_sha256 text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE seals SET signature_sha256 = p_sha256
  WHERE tenant_id = ledger_tenant() AND number = p_number AND signature_sha256 IS NULL;
$$;
