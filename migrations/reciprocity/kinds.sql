-- The other kinds of movement: requests that wait, the solidarity fund, welcome and farewell, hours of no credit.

-- The receiver's minutes are reserved until they answer: accepting cannot fail for want of hours.
CREATE FUNCTION ledger_place_hold(
  p_id uuid, p_debit int, p_credit int, p_minutes int, p_on date, p_wording text, p_expires timestamptz, p_operator int
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_kinds text[] := ARRAY['member', 'bulle', 'tenant', 'group'];
BEGIN
  IF coalesce(p_minutes, 0) <= 0 THEN
    RAISE EXCEPTION 'minutes_not_positive' USING ERRCODE = 'RB001';
  ELSIF p_minutes > 1440 THEN
    RAISE EXCEPTION 'too_long' USING ERRCODE = 'RB001';
  ELSIF p_id IS NULL OR p_on IS NULL OR p_operator IS NULL OR p_expires IS NULL OR NOT isfinite(p_expires) THEN
    RAISE EXCEPTION 'incomplete' USING ERRCODE = 'RB001';
  ELSIF p_debit = p_credit THEN
    RAISE EXCEPTION 'same_account' USING ERRCODE = 'RB001', DETAIL = p_debit::text;
  END IF;
  PERFORM FROM accounts WHERE tenant_id = v_tenant AND number = p_credit AND closed_at IS NULL AND kind = ANY (v_kinds);
  IF NOT FOUND THEN
    PERFORM ledger_explain(p_credit, 0, v_kinds, 0);
  END IF;
  PERFORM FROM accounts WHERE tenant_id = v_tenant AND number = p_debit;
  IF NOT FOUND THEN
    PERFORM ledger_explain(p_debit, 0, v_kinds, 0);
  END IF;
  INSERT INTO holds (tenant_id, id, debit, credit, minutes, happened_on, wording, operator_no, created_at, expires_at)
  VALUES (v_tenant, p_id, p_debit, p_credit, p_minutes, p_on, coalesce(p_wording, ''), p_operator,
    clock_timestamp(), p_expires)
  ON CONFLICT (tenant_id, id) DO NOTHING;
  IF NOT FOUND THEN
    PERFORM FROM holds WHERE tenant_id = v_tenant AND id = p_id AND debit = p_debit AND credit = p_credit
      AND minutes = p_minutes AND happened_on = p_on;
    IF FOUND THEN
      RETURN 'exists';
    END IF;
    RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_id::text;
  END IF;
  -- Accepting it posts a transfer under this id: it must be free.
  PERFORM FROM transfers WHERE tenant_id = v_tenant AND id = p_id;
  IF FOUND THEN
    RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_id::text;
  END IF;
  PERFORM ledger_check_day(p_on, p_operator);
  UPDATE accounts SET held = held + p_minutes
  WHERE tenant_id = v_tenant AND number = p_debit AND closed_at IS NULL AND kind = ANY (v_kinds)
    AND balance - held - p_minutes >= floor;
  IF NOT FOUND THEN
    PERFORM ledger_explain(p_debit, -p_minutes, v_kinds, 0);
  END IF;
  RETURN 'placed';
END $$;

-- accepted: posts the exchange under the same id; p_starts: when it began, if that is known. declined, cancelled,
-- expired: gives the minutes back.
CREATE FUNCTION ledger_settle_hold(p_id uuid, p_outcome text, p_operator int, p_starts time DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_kinds text[] := ARRAY['member', 'bulle', 'tenant', 'group'];
  v_before text;
  v_status text;
  v_on date;
  h holds;
BEGIN
  IF p_outcome IS NULL OR p_outcome NOT IN ('accepted', 'declined', 'cancelled', 'expired') THEN
    RAISE EXCEPTION 'unknown_answer' USING ERRCODE = 'RB001';
  END IF;
  PERFORM ledger_check_operator(p_operator);
  SELECT * INTO h FROM holds WHERE tenant_id = v_tenant AND id = p_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_hold' USING ERRCODE = 'RB001';
  END IF;
  -- The key admits one outcome: a second answer waits here for the first, and finds it.
  INSERT INTO hold_outcomes (tenant_id, hold_id, outcome, operator_no, at)
  VALUES (v_tenant, p_id, p_outcome, p_operator, clock_timestamp()) ON CONFLICT (tenant_id, hold_id) DO NOTHING;
  IF NOT FOUND THEN
    SELECT outcome INTO v_before FROM hold_outcomes WHERE tenant_id = v_tenant AND hold_id = p_id;
    IF v_before = p_outcome THEN
      RETURN 'exists';
    END IF;
    RAISE EXCEPTION 'already_answered' USING ERRCODE = 'RB001', DETAIL = v_before;
  END IF;
  IF (p_outcome = 'expired') <> (h.expires_at <= clock_timestamp()) THEN
    RAISE EXCEPTION '%', CASE WHEN p_outcome = 'expired' THEN 'hold_not_expired' ELSE 'hold_expired' END
      USING ERRCODE = 'RB001';
  END IF;
  IF p_outcome = 'accepted' THEN
    v_on := greatest(h.happened_on, (SELECT closed_through + 1 FROM ledgers WHERE tenant_id = v_tenant));
    v_status := ledger_move(p_id, 'exchange', h.debit, h.credit, h.minutes, v_on, p_operator, v_kinds, v_kinds,
      p_freed => h.minutes);
    PERFORM ledger_time_giver(v_status, p_id, h.credit, v_on, p_starts, h.minutes, p_operator);
  END IF;
  -- Not moved: another answer, or this very exchange was posted meanwhile under the same id.
  IF v_status IS DISTINCT FROM 'posted' THEN
    UPDATE accounts SET held = held - h.minutes WHERE tenant_id = v_tenant AND number = h.debit;
  END IF;
  RETURN 'settled';
END $$;

CREATE FUNCTION ledger_fund() RETURNS int LANGUAGE sql STABLE
  RETURN (SELECT number FROM accounts WHERE tenant_id = ledger_tenant() AND kind = 'fund' ORDER BY number LIMIT 1);

CREATE FUNCTION ledger_post_gift(p_id uuid, p_debit int, p_minutes int, p_on date, p_operator int) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT ledger_move(p_id, 'gift', p_debit, ledger_fund(), p_minutes, p_on, p_operator,
    ARRAY['member', 'bulle', 'tenant', 'group'], ARRAY['fund']);
$$;

-- From the fund, which never goes below zero, by the rule in force (p_rule) or by a decision in words (p_decision).
CREATE FUNCTION ledger_post_grant(
  p_id uuid, p_credit int, p_minutes int, p_rule uuid, p_decision text, p_on date, p_operator int
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_status text;
  v_year int;
  v_balance int;
  r fund_rules;
BEGIN
  IF (p_rule IS NULL) = (btrim(coalesce(p_decision, '')) = '') THEN
    RAISE EXCEPTION 'reason_needed' USING ERRCODE = 'RB001';
  END IF;
  v_status := ledger_move(p_id, 'grant', ledger_fund(), p_credit, p_minutes, p_on, p_operator,
    ARRAY['fund'], ARRAY['member', 'group']);
  IF v_status = 'exists' THEN
    PERFORM FROM grants WHERE tenant_id = v_tenant AND transfer_id = p_id
      AND (rule_id, decision) IS NOT DISTINCT FROM (p_rule, CASE WHEN p_rule IS NULL THEN p_decision END);
    IF NOT FOUND THEN
      RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_id::text;
    END IF;
    RETURN v_status;
  END IF;
  IF p_rule IS NOT NULL THEN
    SELECT * INTO r FROM fund_rules WHERE tenant_id = v_tenant ORDER BY number DESC LIMIT 1;
    IF r.id IS DISTINCT FROM p_rule THEN
      RAISE EXCEPTION 'rule_not_in_force' USING ERRCODE = 'RB001';
    END IF;
    -- The fund's account is locked by now: two grants to one member are counted one after the other.
    SELECT coalesce(sum(t.minutes), 0) INTO v_year FROM transfers t JOIN grants g USING (tenant_id)
    WHERE t.tenant_id = v_tenant AND g.transfer_id = t.id AND t.credit = p_credit AND g.rule_id IS NOT NULL
      AND t.happened_on > p_on - 365
      AND NOT EXISTS (SELECT FROM reversals v WHERE v.tenant_id = v_tenant AND v.reversed_id = t.id);
    SELECT balance - p_minutes INTO v_balance FROM accounts WHERE tenant_id = v_tenant AND number = p_credit;
    IF p_minutes > r.grant_minutes OR v_year + p_minutes > r.yearly_minutes OR v_balance > r.below THEN
      RAISE EXCEPTION '%', CASE WHEN p_minutes > r.grant_minutes THEN 'grant_too_large'
        WHEN v_balance > r.below THEN 'grant_not_needed' ELSE 'grant_beyond_year' END
        USING ERRCODE = 'RB001', DETAIL = p_credit::text;
    END IF;
  END IF;
  INSERT INTO grants (tenant_id, transfer_id, rule_id, decision)
  VALUES (v_tenant, p_id, p_rule, CASE WHEN p_rule IS NULL THEN p_decision END);
  RETURN v_status;
END $$;

-- Hours of welcome from the organisation's own account: once per member, whoever asks and how often.
CREATE FUNCTION ledger_post_welcome(p_credit int, p_minutes int, p_operator int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_id uuid := ledger_derive(ledger_tenant() || '/welcome/' || p_credit);
BEGIN
  -- Both accounts first: of two welcomes at once, the second sees the first, whatever it would give.
  PERFORM FROM accounts WHERE tenant_id = ledger_tenant() AND number IN (1, p_credit) ORDER BY number
  FOR NO KEY UPDATE;
  PERFORM FROM transfers WHERE tenant_id = ledger_tenant() AND id = v_id;
  IF FOUND THEN
    RETURN 'exists';
  END IF;
  RETURN ledger_move(v_id, 'welcome', 1, p_credit, p_minutes, ledger_today(), p_operator,
    ARRAY['tenant'], ARRAY['member', 'group']);
END $$;

-- Someone leaves: what they had goes to the fund, what they owed is taken on by the organisation.
CREATE FUNCTION ledger_post_settlement(p_account int, p_operator int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_left text[] := ARRAY['member', 'group', 'bulle'];
  v_id uuid;
  a accounts;
BEGIN
  -- All that one settlement may touch, in ascending order: what is read here is what will be moved.
  PERFORM FROM accounts WHERE tenant_id = v_tenant AND number IN (1, ledger_fund(), p_account) ORDER BY number
  FOR NO KEY UPDATE;
  SELECT * INTO a FROM accounts WHERE tenant_id = v_tenant AND number = p_account;
  IF NOT FOUND THEN
    PERFORM ledger_explain(p_account, 0, v_left, 0);
  ELSIF a.balance = 0 THEN
    RETURN 'exists';
  END IF;
  v_id := ledger_derive(v_tenant || '/settlement/' || p_account || '/' || a.version);
  IF a.balance > 0 THEN
    RETURN ledger_move(v_id, 'settlement', p_account, ledger_fund(), a.balance, ledger_today(), p_operator,
      v_left, ARRAY['fund'], p_limited => false);
  END IF;
  RETURN ledger_move(v_id, 'settlement', 1, p_account, -a.balance, ledger_today(), p_operator,
    ARRAY['tenant'], v_left, p_limited => false);
END $$;

-- Hours that are not credited in time: volunteered, or paid. An exchange of that day whose hour is not known might be
-- the same hour: it must be timed first.
CREATE FUNCTION ledger_declare_time(
  p_id uuid, p_account int, p_on date, p_starts time, p_minutes int, p_regime text, p_activity text, p_operator int
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_kinds text[] := ARRAY['member'];
BEGIN
  IF p_regime IS NULL OR p_regime NOT IN ('volunteering', 'paid') THEN
    RAISE EXCEPTION 'wrong_kind' USING ERRCODE = 'RB001';
  ELSIF coalesce(p_minutes, 0) <= 0 THEN
    RAISE EXCEPTION 'minutes_not_positive' USING ERRCODE = 'RB001';
  ELSIF p_id IS NULL OR p_on IS NULL OR p_operator IS NULL THEN
    RAISE EXCEPTION 'incomplete' USING ERRCODE = 'RB001';
  END IF;
  -- The giver's account is the lock: an exchange of theirs waits for us, or we for it.
  PERFORM FROM accounts WHERE tenant_id = v_tenant AND number = p_account AND closed_at IS NULL
    AND kind = ANY (v_kinds) FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM ledger_explain(p_account, 0, v_kinds, 0);
  END IF;
  PERFORM FROM time_records WHERE tenant_id = v_tenant AND id = p_id;
  IF FOUND THEN
    PERFORM FROM time_records WHERE tenant_id = v_tenant AND id = p_id AND account_no = p_account
      AND happened_on = p_on AND lower(during) = p_on + p_starts AND minutes = p_minutes AND regime = p_regime;
    IF FOUND THEN
      RETURN 'exists';
    END IF;
    RAISE EXCEPTION 'exists_with_different_content' USING ERRCODE = 'RB001', DETAIL = p_id::text;
  END IF;
  PERFORM ledger_check_day(p_on, p_operator);
  PERFORM FROM entries e JOIN transfers t ON t.tenant_id = v_tenant AND t.id = e.transfer_id
  WHERE e.tenant_id = v_tenant AND e.account_no = p_account AND e.delta > 0 AND t.happened_on = p_on
    AND t.kind IN ('exchange', 'group', 'cheque', 'clearing', 'import')
    AND NOT EXISTS (SELECT FROM reversals r WHERE r.tenant_id = v_tenant AND r.reversed_id = t.id)
    AND NOT EXISTS (SELECT FROM time_records w WHERE w.tenant_id = v_tenant AND w.transfer_id = t.id
      AND w.account_no = p_account AND w.voided_at IS NULL);
  IF FOUND THEN
    RAISE EXCEPTION 'exchange_needs_start' USING ERRCODE = 'RB001', DETAIL = p_account::text;
  END IF;
  PERFORM ledger_record_time(p_id, p_account, p_on, p_starts, p_minutes, p_regime, NULL, p_activity, p_operator);
  RETURN 'posted';
END $$;

-- Says when an exchange began. p_minutes: how long the giver was at it (a group exchange may credit more).
CREATE FUNCTION ledger_time_exchange(
  p_id uuid, p_transfer uuid, p_account int, p_starts time, p_minutes int, p_operator int
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_on date;
BEGIN
  PERFORM ledger_check_operator(p_operator);
  PERFORM FROM accounts WHERE tenant_id = v_tenant AND number = p_account FOR NO KEY UPDATE;
  SELECT t.happened_on INTO v_on FROM transfers t
  JOIN entries e ON e.tenant_id = v_tenant AND e.transfer_id = t.id AND e.account_no = p_account AND e.delta > 0
  WHERE t.tenant_id = v_tenant AND t.id = p_transfer
    AND t.kind IN ('exchange', 'group', 'cheque', 'clearing', 'import')
    AND NOT EXISTS (SELECT FROM reversals r WHERE r.tenant_id = v_tenant AND r.reversed_id = t.id);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_transfer' USING ERRCODE = 'RB001';
  END IF;
  PERFORM FROM time_records WHERE tenant_id = v_tenant AND transfer_id = p_transfer AND account_no = p_account
    AND voided_at IS NULL;
  IF FOUND THEN
    RETURN 'exists';
  END IF;
  PERFORM ledger_record_time(p_id, p_account, v_on, p_starts, p_minutes, 'reciprocity', p_transfer, '', p_operator);
  RETURN 'posted';
END $$;

CREATE FUNCTION ledger_void_time(p_id uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE time_records SET voided_at = coalesce(voided_at, clock_timestamp())
  WHERE tenant_id = ledger_tenant() AND id = p_id AND regime <> 'reciprocity';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_hours' USING ERRCODE = 'RB001';
  END IF;
  RETURN 'posted';
END $$;
