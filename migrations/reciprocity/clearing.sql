-- Hours between organisations: two linked transfers, one in each register, in one transaction.
--
-- The only functions that write for two tenants. They enter the other one by its setting, as anyone must (forced row
-- security holds the owner too), after reading on both sides, in the rows that each application writes for itself,
-- that both agreed. Registers are entered in ascending order of tenant, whoever asks: A→B and B→A at the same moment
-- never wait for each other in a circle. What is refused in the other register is told without its numbers.

CREATE FUNCTION ledger_enter(p_tenant uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant_id', p_tenant::text, true);
END $$;

-- The mirror accounts of a pair, here and there, and whether both stand by the same limit. The rows stay locked:
-- whoever suspends the agreement at this moment waits for us, or is seen.
CREATE FUNCTION ledger_pair(p_peer uuid, OUT here int, OUT there int, OUT agreed boolean) LANGUAGE plpgsql AS $$
DECLARE
  v_here uuid := ledger_tenant();
  v_side uuid;
  v_ours int;
  v_theirs int;
  m mirrors;
BEGIN
  FOREACH v_side IN ARRAY ARRAY[least(v_here, p_peer), greatest(v_here, p_peer)] LOOP
    PERFORM ledger_enter(v_side);
    SELECT * INTO m FROM mirrors
    WHERE tenant_id = v_side AND peer_id = CASE WHEN v_side = v_here THEN p_peer ELSE v_here END FOR SHARE;
    IF v_side = v_here THEN
      here := m.account_no;
      v_ours := CASE WHEN m.state = 'agreed' THEN m.limit_minutes END;
    ELSE
      there := m.account_no;
      v_theirs := CASE WHEN m.state = 'agreed' THEN m.limit_minutes END;
    END IF;
  END LOOP;
  PERFORM ledger_enter(v_here);
  agreed := coalesce(v_ours = v_theirs, false);
END $$;

-- Says again a refusal of one of the halves. p_mirror: the mirror account here.
CREATE FUNCTION ledger_refuse_half(p_code text, p_detail text, p_is_here boolean, p_mirror int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_code text := CASE
    WHEN p_is_here AND p_code = 'ceiling_reached' AND p_detail = p_mirror::text THEN 'pair_limit'
    WHEN p_is_here THEN p_code
    WHEN p_code = 'floor_reached' THEN 'pair_limit'
    WHEN p_code IN ('ceiling_reached', 'account_closed', 'day_sealed', 'start_needed', 'same_hour') THEN 'peer_' || p_code
    ELSE p_code
  END;
BEGIN
  RAISE EXCEPTION '%', v_code USING ERRCODE = 'RB001',
    DETAIL = CASE WHEN p_is_here AND v_code <> 'pair_limit' THEN p_detail ELSE '' END;
END $$;

-- Someone of ours (p_debit) received from someone of theirs, known by the code on their card (p_code). Asked from the
-- side that received, and from it alone: hours are never taken from another organisation's member.
CREATE FUNCTION ledger_post_clearing(
  p_id uuid, p_debit int, p_peer uuid, p_code text, p_minutes int, p_on date, p_operator int, p_starts time DEFAULT NULL
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_here uuid := ledger_tenant();
  v_twin uuid := ledger_derive(v_here || '/clearing/' || p_id);
  v_known boolean := EXISTS (SELECT FROM transfers WHERE tenant_id = v_here AND id = p_id AND kind = 'clearing');
  v_ours text := (SELECT pseudonym FROM accounts WHERE tenant_id = v_here AND number = p_debit);
  v_mirror int;
  v_their_mirror int;
  v_agreed boolean;
  v_giver int;
  v_author int;
  v_side uuid := v_here;
  v_status text;
  v_code text;
  v_detail text;
BEGIN
  IF p_minutes > 1440 THEN
    RAISE EXCEPTION 'too_long' USING ERRCODE = 'RB001';
  ELSIF coalesce(p_peer = v_here, true) THEN
    RAISE EXCEPTION 'no_agreement' USING ERRCODE = 'RB001';
  END IF;
  SELECT here, there, agreed INTO v_mirror, v_their_mirror, v_agreed FROM ledger_pair(p_peer);
  -- What was posted under an agreement is still found after its end.
  IF v_mirror IS NULL OR v_their_mirror IS NULL OR NOT (v_known OR v_agreed) THEN
    RAISE EXCEPTION 'no_agreement' USING ERRCODE = 'RB001';
  END IF;
  PERFORM ledger_enter(p_peer);
  SELECT number INTO v_giver FROM accounts WHERE tenant_id = p_peer AND pseudonym = p_code AND kind = 'member';
  SELECT number INTO v_author FROM operators WHERE tenant_id = p_peer AND kind = 'system' AND subject_id = v_here;
  PERFORM ledger_enter(v_here);
  IF v_giver IS NULL THEN
    RAISE EXCEPTION 'unknown_code' USING ERRCODE = 'RB001';
  END IF;

  FOREACH v_side IN ARRAY ARRAY[least(v_here, p_peer), greatest(v_here, p_peer)] LOOP
    PERFORM ledger_enter(v_side);
    IF v_side = v_here THEN
      v_status := ledger_move(p_id, 'clearing', p_debit, v_mirror, p_minutes, p_on, p_operator,
        ARRAY['member', 'bulle', 'tenant', 'group'], ARRAY['mirror']);
      CONTINUE WHEN v_status = 'exists';
      INSERT INTO clearings (tenant_id, transfer_id, peer_id, peer_transfer_id, pseudonym)
      VALUES (v_here, p_id, p_peer, v_twin, p_code);
    ELSE
      v_status := ledger_move(v_twin, 'clearing', v_their_mirror, v_giver, p_minutes, p_on, v_author,
        ARRAY['mirror'], ARRAY['member']);
      PERFORM ledger_time_giver(v_status, v_twin, v_giver, p_on, p_starts, p_minutes, v_author);
      CONTINUE WHEN v_status = 'exists';
      INSERT INTO clearings (tenant_id, transfer_id, peer_id, peer_transfer_id, pseudonym)
      VALUES (p_peer, v_twin, v_here, p_id, v_ours);
    END IF;
  END LOOP;
  PERFORM ledger_enter(v_here);
  RETURN v_status;
EXCEPTION WHEN SQLSTATE 'RB001' THEN
  GET STACKED DIAGNOSTICS v_code = MESSAGE_TEXT, v_detail = PG_EXCEPTION_DETAIL;
  PERFORM ledger_refuse_half(v_code, v_detail, v_side = v_here, v_mirror);
END $$;

-- One half of the correction of a clearing, in the current register. Its id derives from what it corrects, so the two
-- organisations that correct at the same moment write the same one.
CREATE FUNCTION ledger_reverse_half(p_reverses uuid, p_reason text, p_operator int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_id uuid := ledger_derive(v_tenant || '/clearing-reversal/' || p_reverses);
  v_kinds text[] := ARRAY['member', 'bulle', 'tenant', 'group', 'mirror'];
  v_on date;
  v_status text;
  t transfers;
BEGIN
  SELECT * INTO t FROM transfers WHERE tenant_id = v_tenant AND id = p_reverses;
  SELECT CASE WHEN t.happened_on > closed_through THEN t.happened_on ELSE ledger_today() END INTO v_on
  FROM ledgers WHERE tenant_id = v_tenant;
  v_status := ledger_move(v_id, 'reversal', t.credit, t.debit, t.minutes, v_on, p_operator, v_kinds, v_kinds,
    p_limited => false);
  IF v_status = 'posted' THEN
    INSERT INTO reversals (tenant_id, reversed_id, reversal_id, reason) VALUES (v_tenant, p_reverses, v_id, p_reason);
    INSERT INTO clearings (tenant_id, transfer_id, peer_id, peer_transfer_id, pseudonym)
    SELECT v_tenant, v_id, peer_id, ledger_derive(peer_id || '/clearing-reversal/' || peer_transfer_id), pseudonym
    FROM clearings WHERE tenant_id = v_tenant AND transfer_id = p_reverses;
    UPDATE time_records SET voided_at = clock_timestamp()
    WHERE tenant_id = v_tenant AND transfer_id = p_reverses AND voided_at IS NULL;
  END IF;
  RETURN v_status;
END $$;

-- Both halves undone at once, by either side for 72 hours. After that, only by the side whose member gave: what is
-- taken back is theirs. It is neither limited nor stopped by a suspension: it restores the truth.
CREATE FUNCTION ledger_reverse_clearing(p_reverses uuid, p_reason text, p_operator int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_here uuid := ledger_tenant();
  v_side uuid := v_here;
  v_author int;
  v_status text;
  v_code text;
  v_detail text;
  t transfers;
  c clearings;
BEGIN
  SELECT * INTO t FROM transfers WHERE tenant_id = v_here AND id = p_reverses;
  SELECT * INTO c FROM clearings WHERE tenant_id = v_here AND transfer_id = p_reverses;
  IF t.kind = 'reversal' THEN
    RAISE EXCEPTION 'reversal_of_reversal' USING ERRCODE = 'RB001';
  ELSIF c.peer_id IS NULL THEN
    RAISE EXCEPTION 'unknown_transfer' USING ERRCODE = 'RB001';
  ELSIF btrim(coalesce(p_reason, '')) = '' THEN
    RAISE EXCEPTION 'reason_needed' USING ERRCODE = 'RB001';
  END IF;
  PERFORM FROM reversals WHERE tenant_id = v_here AND reversed_id = p_reverses;
  IF FOUND THEN
    RETURN 'exists';
  ELSIF t.posted_at < clock_timestamp() - interval '72 hours'
    AND EXISTS (SELECT FROM accounts WHERE tenant_id = v_here AND number = t.credit AND kind = 'mirror') THEN
    RAISE EXCEPTION 'too_late_here' USING ERRCODE = 'RB001';
  END IF;
  FOREACH v_side IN ARRAY ARRAY[least(v_here, c.peer_id), greatest(v_here, c.peer_id)] LOOP
    PERFORM ledger_enter(v_side);
    IF v_side = v_here THEN
      v_status := ledger_reverse_half(p_reverses, p_reason, p_operator);
    ELSE
      SELECT number INTO v_author FROM operators
      WHERE tenant_id = c.peer_id AND kind = 'system' AND subject_id = v_here;
      v_status := ledger_reverse_half(c.peer_transfer_id, p_reason, v_author);
    END IF;
  END LOOP;
  PERFORM ledger_enter(v_here);
  RETURN v_status;
EXCEPTION WHEN SQLSTATE 'RB001' THEN
  GET STACKED DIAGNOSTICS v_code = MESSAGE_TEXT, v_detail = PG_EXCEPTION_DETAIL;
  PERFORM ledger_refuse_half(v_code, v_detail, v_side = v_here, 0);
END $$;

-- The legs of a loop, as rows, in the order in which registers are entered.
CREATE FUNCTION ledger_legs(p_legs jsonb)
RETURNS TABLE (leg_tenant uuid, leg_owes uuid, leg_owed_by uuid, leg_minutes int) LANGUAGE sql IMMUTABLE AS $$
  SELECT tenant_id, owes_id, owed_by_id, minutes
  FROM jsonb_to_recordset(p_legs) AS l (tenant_id uuid, owes_id uuid, owed_by_id uuid, minutes int)
  ORDER BY tenant_id;
$$;

-- A loop is a loop: each organisation stands in it once, this one too, and whom it owes is owed by it, the same
-- minutes. Then each mirror account that moves has its opposite that moves as much the other way.
CREATE FUNCTION ledger_check_loop(p_legs jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_legs(p_legs) WHERE leg_tenant = ledger_tenant())
    OR (SELECT count(DISTINCT leg_tenant) <> count(*) OR count(*) < 3 FROM ledger_legs(p_legs))
    OR EXISTS (SELECT FROM ledger_legs(p_legs) l WHERE coalesce(l.leg_minutes, 0) <= 0 OR NOT EXISTS (
      SELECT FROM ledger_legs(p_legs) n
      WHERE n.leg_tenant = l.leg_owes AND n.leg_owed_by = l.leg_tenant AND n.leg_minutes = l.leg_minutes)) THEN
    RAISE EXCEPTION 'netting_malformed' USING ERRCODE = 'RB001';
  END IF;
END $$;

-- One organisation's part of a loop: it owes less, and is owed less. Neither debt may change sides.
CREATE FUNCTION ledger_net_half(p_netting uuid, p_owes uuid, p_owed_by uuid, p_minutes int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_tenant uuid := ledger_tenant();
  v_owed int := (SELECT account_no FROM mirrors WHERE tenant_id = v_tenant AND peer_id = p_owes);
  v_owing int := (SELECT account_no FROM mirrors WHERE tenant_id = v_tenant AND peer_id = p_owed_by);
  v_author int := (SELECT number FROM operators
    WHERE tenant_id = v_tenant AND kind = 'system' AND subject_id = v_tenant);
BEGIN
  PERFORM ledger_move(ledger_derive(v_tenant || '/netting/' || p_netting), 'netting', v_owed, v_owing, p_minutes,
    ledger_today(), v_author, ARRAY['mirror'], ARRAY['mirror']);
  PERFORM FROM accounts WHERE tenant_id = v_tenant
    AND (number = v_owed AND balance < 0 OR number = v_owing AND balance > 0);
  IF FOUND THEN
    RAISE EXCEPTION 'netting_changed' USING ERRCODE = 'RB001';
  END IF;
END $$;

-- Cancels a loop of debts in every register of it, once each of them accepted these very legs. 'waiting': not yet, or
-- never; 'lapsed': what they owe each other has changed since, and nothing is written.
CREATE FUNCTION ledger_post_netting(p_id uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_here uuid := ledger_tenant();
  v_state text := 'posted';
  leg record;
  n nettings;
BEGIN
  SELECT * INTO n FROM nettings WHERE tenant_id = v_here AND id = p_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown_netting' USING ERRCODE = 'RB001';
  END IF;
  PERFORM ledger_check_loop(n.legs);
  FOR leg IN SELECT * FROM ledger_legs(n.legs) LOOP
    PERFORM ledger_enter(leg.leg_tenant);
    PERFORM FROM nettings WHERE tenant_id = leg.leg_tenant AND id = p_id AND state = 'accepted'
      AND sha256 = n.sha256 AND legs = n.legs FOR UPDATE;
    IF NOT FOUND THEN
      SELECT state INTO v_state FROM nettings WHERE tenant_id = leg.leg_tenant AND id = p_id;
      PERFORM ledger_enter(v_here);
      RETURN CASE WHEN v_state = 'posted' THEN 'exists' ELSE 'waiting' END;
    END IF;
  END LOOP;
  BEGIN
    FOR leg IN SELECT * FROM ledger_legs(n.legs) LOOP
      PERFORM ledger_enter(leg.leg_tenant);
      PERFORM ledger_net_half(p_id, leg.leg_owes, leg.leg_owed_by, leg.leg_minutes);
    END LOOP;
  EXCEPTION WHEN SQLSTATE 'RB001' THEN
    v_state := 'lapsed';
  END;
  FOR leg IN SELECT * FROM ledger_legs(n.legs) LOOP
    PERFORM ledger_enter(leg.leg_tenant);
    UPDATE nettings SET state = v_state WHERE tenant_id = leg.leg_tenant AND id = p_id;
  END LOOP;
  PERFORM ledger_enter(v_here);
  RETURN v_state;
END $$;
