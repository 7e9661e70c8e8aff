-- Opening and closing accounts, their limits, the numbers of authors.

CREATE FUNCTION ledger_operator(p_kind text, p_subject uuid, p_name text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  o operators;
BEGIN
  IF p_subject IS NULL OR p_name IS NULL OR p_kind IS NULL
    OR p_kind NOT IN ('user', 'member', 'token', 'system') THEN
    RAISE EXCEPTION 'operator_malformed' USING ERRCODE = 'RB001';
  END IF;
  SELECT * INTO o FROM operators WHERE tenant_id = v_tenant AND kind = p_kind AND subject_id = p_subject;
  IF NOT FOUND THEN
    -- Numbers have no gap: look again once it is our turn.
    PERFORM FROM ledgers WHERE tenant_id = v_tenant FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no_ledger' USING ERRCODE = 'RB001';
    END IF;
    SELECT * INTO o FROM operators WHERE tenant_id = v_tenant AND kind = p_kind AND subject_id = p_subject;
  END IF;
  IF o.number IS NULL THEN
    UPDATE ledgers SET last_operator = last_operator + 1 WHERE tenant_id = v_tenant
    RETURNING last_operator INTO o.number;
    INSERT INTO operators (tenant_id, number, kind, subject_id, name)
    VALUES (v_tenant, o.number, p_kind, p_subject, p_name);
  ELSIF o.name <> p_name THEN
    UPDATE operators SET name = p_name WHERE tenant_id = v_tenant AND number = o.number;
  END IF;
  RETURN o.number;
END $$;

-- A floor up to zero, a ceiling from zero, and neither so far that a balance would not fit in its column.
CREATE FUNCTION ledger_check_limits(p_floor int, p_ceiling int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_floor IS NULL OR p_ceiling IS NULL OR p_floor NOT BETWEEN -2000000000 AND 0
    OR p_ceiling NOT BETWEEN 0 AND 2000000000 THEN
    RAISE EXCEPTION 'limits_malformed' USING ERRCODE = 'RB001';
  END IF;
END $$;

CREATE FUNCTION ledger_check_bulle(p_bulle uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_bulle IS NOT NULL AND NOT EXISTS (SELECT FROM bulles WHERE id = p_bulle) THEN
    RAISE EXCEPTION 'unknown_bulle' USING ERRCODE = 'RB001';
  END IF;
END $$;

CREATE FUNCTION ledger_open_account(
  p_kind text, p_label text, p_bulle uuid, p_floor int, p_ceiling int, p_pseudonym text, p_operator int
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_number int;
BEGIN
  PERFORM ledger_check_limits(p_floor, p_ceiling), ledger_check_operator(p_operator), ledger_check_bulle(p_bulle);
  UPDATE ledgers SET last_account = last_account + 1 WHERE tenant_id = v_tenant RETURNING last_account INTO v_number;
  IF p_kind IS NULL OR p_kind NOT IN ('member', 'bulle', 'tenant', 'group', 'fund', 'mirror')
    OR (p_kind = 'tenant') <> (v_number = 1) OR (p_kind = 'fund') <> (v_number = 2) THEN
    RAISE EXCEPTION 'wrong_account_kind' USING ERRCODE = 'RB001';
  ELSIF p_pseudonym IS NULL OR EXISTS (
    SELECT FROM accounts WHERE tenant_id = v_tenant AND pseudonym = p_pseudonym) THEN
    RAISE EXCEPTION 'pseudonym_taken' USING ERRCODE = 'RB001';
  END IF;
  INSERT INTO accounts (tenant_id, number, balance, held, floor, ceiling, version, opened_on, kind, head, pseudonym,
    bulle_id, own_limits, label)
  VALUES (v_tenant, v_number, 0, 0, p_floor, p_ceiling, 0, ledger_today(), p_kind,
    decode(repeat('00', 32), 'hex'), p_pseudonym, p_bulle, false, p_label);
  INSERT INTO account_limits (tenant_id, id, account_no, since_version, floor, ceiling, set_at, operator_no, reason)
  VALUES (v_tenant, gen_random_uuid(), v_number, 0, p_floor, p_ceiling, clock_timestamp(), p_operator, '');
  RETURN v_number;
END $$;

-- The register of an organisation, with its own account (number 1) and its solidarity fund (number 2). Once.
CREATE FUNCTION ledger_start(p_name text, p_grace int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_system int;
BEGIN
  IF p_grace IS NULL OR p_grace NOT BETWEEN 3 AND 366 THEN
    RAISE EXCEPTION 'grace_malformed' USING ERRCODE = 'RB001';
  END IF;
  INSERT INTO ledgers (tenant_id, last_account, last_operator, opened_on, closed_through, grace_days)
  VALUES (v_tenant, 0, 0, ledger_today(), ledger_today() - p_grace, p_grace) ON CONFLICT (tenant_id) DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  v_system := ledger_operator('system', v_tenant, 'Le réseau (automatique)');
  PERFORM ledger_open_account('tenant', p_name, NULL, -2000000000, 2000000000, 'organisation', v_system);
  PERFORM ledger_open_account('fund', 'Fonds de solidarité', NULL, 0, 2000000000, 'fonds', v_system);
  RETURN true;
END $$;

-- New limits from the next entry on. They stop only what goes further in the wrong direction, so any are possible.
CREATE FUNCTION ledger_set_limits(
  p_account int, p_floor int, p_ceiling int, p_own boolean, p_reason text, p_operator int
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_version int;
BEGIN
  PERFORM ledger_check_limits(p_floor, p_ceiling), ledger_check_operator(p_operator);
  UPDATE accounts SET floor = p_floor, ceiling = p_ceiling, own_limits = coalesce(p_own, true)
  WHERE tenant_id = v_tenant AND number = p_account AND kind <> 'fund' RETURNING version INTO v_version;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_account' USING ERRCODE = 'RB001', DETAIL = coalesce(p_account::text, '');
  END IF;
  INSERT INTO account_limits (tenant_id, id, account_no, since_version, floor, ceiling, set_at, operator_no, reason)
  VALUES (v_tenant, gen_random_uuid(), p_account, v_version, p_floor, p_ceiling, clock_timestamp(), p_operator,
    coalesce(p_reason, ''));
END $$;

-- A new default of some Bulles (NULL among them: of the organisation's members without Bulle), for the members without
-- limits of their own. Returns how many accounts changed.
CREATE FUNCTION ledger_set_default_limits(p_bulles uuid[], p_floor int, p_ceiling int, p_reason text, p_operator int)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_without boolean := array_position(p_bulles, NULL) IS NOT NULL;
  v_numbers int[];
  v_changed int;
BEGIN
  PERFORM ledger_check_limits(p_floor, p_ceiling), ledger_check_operator(p_operator);
  PERFORM ledger_check_bulle(bulle) FROM unnest(p_bulles) AS bulle;
  SELECT array_agg(number) INTO v_numbers FROM (
    SELECT number FROM accounts WHERE tenant_id = v_tenant AND kind = 'member' AND NOT own_limits
      AND (bulle_id = ANY (p_bulles) OR v_without AND bulle_id IS NULL) AND (floor, ceiling) <> (p_floor, p_ceiling)
    ORDER BY number FOR NO KEY UPDATE) AS followers;
  WITH changed AS (
    UPDATE accounts SET floor = p_floor, ceiling = p_ceiling
    WHERE tenant_id = v_tenant AND number = ANY (v_numbers) RETURNING number, version
  )
  INSERT INTO account_limits (tenant_id, id, account_no, since_version, floor, ceiling, set_at, operator_no, reason)
  SELECT v_tenant, gen_random_uuid(), number, version, p_floor, p_ceiling, clock_timestamp(), p_operator,
    coalesce(p_reason, '') FROM changed;
  GET DIAGNOSTICS v_changed = ROW_COUNT;
  RETURN v_changed;
END $$;

-- Several postings will follow in this transaction: their accounts are locked now, in the order that every posting
-- keeps, so that two transactions of several postings never wait for each other in a circle.
CREATE FUNCTION ledger_lock_accounts(p_accounts int[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM accounts WHERE tenant_id = ledger_tenant() AND number = ANY (p_accounts) ORDER BY number
  FOR NO KEY UPDATE;
END $$;

-- A member goes to another Bulle of the same organisation.
CREATE FUNCTION ledger_move_to_bulle(p_account int, p_bulle uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM ledger_check_bulle(p_bulle);
  UPDATE accounts SET bulle_id = p_bulle WHERE tenant_id = ledger_tenant() AND number = p_account;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_account' USING ERRCODE = 'RB001', DETAIL = coalesce(p_account::text, '');
  END IF;
END $$;

CREATE FUNCTION ledger_close_account(p_account int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_kind text;
BEGIN
  UPDATE accounts SET closed_at = coalesce(closed_at, clock_timestamp())
  WHERE tenant_id = v_tenant AND number = p_account AND balance = 0 AND held = 0
    AND kind IN ('member', 'group', 'bulle');
  IF NOT FOUND THEN
    SELECT kind INTO v_kind FROM accounts WHERE tenant_id = v_tenant AND number = p_account;
    RAISE EXCEPTION '%', CASE WHEN v_kind IS NULL THEN 'unknown_account'
      WHEN v_kind IN ('member', 'group', 'bulle') THEN 'account_not_empty' ELSE 'wrong_account_kind' END
      USING ERRCODE = 'RB001', DETAIL = coalesce(p_account::text, '');
  END IF;
END $$;

CREATE FUNCTION ledger_reopen_account(p_account int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE accounts SET closed_at = NULL WHERE tenant_id = ledger_tenant() AND number = p_account;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_account' USING ERRCODE = 'RB001', DETAIL = coalesce(p_account::text, '');
  END IF;
END $$;
