-- What is left of a register without owners, idempotency, limits and chain: accounts that count their entries,
-- transfers, and the two entries that a statement is read from.
CREATE TABLE accounts (
  id bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0, version int NOT NULL DEFAULT 0
) WITH (fillfactor = 60);
CREATE TABLE transfers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  debit bigint NOT NULL,
  credit bigint NOT NULL,
  minutes int NOT NULL,
  posted_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE entries (
  account_id bigint,
  version int,
  transfer_id bigint NOT NULL,
  delta int NOT NULL,
  balance_after bigint NOT NULL,
  PRIMARY KEY (account_id, version)
);
INSERT INTO accounts (id) SELECT generate_series(1, 10000);

CREATE FUNCTION bare_post(p_debit bigint, p_credit bigint, p_minutes int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  d accounts;
  c accounts;
  v_id bigint;
BEGIN
  IF p_debit < p_credit THEN
    UPDATE accounts SET balance = balance - p_minutes, version = version + 1 WHERE id = p_debit RETURNING * INTO d;
    UPDATE accounts SET balance = balance + p_minutes, version = version + 1 WHERE id = p_credit RETURNING * INTO c;
  ELSE
    UPDATE accounts SET balance = balance + p_minutes, version = version + 1 WHERE id = p_credit RETURNING * INTO c;
    UPDATE accounts SET balance = balance - p_minutes, version = version + 1 WHERE id = p_debit RETURNING * INTO d;
  END IF;
  INSERT INTO transfers (debit, credit, minutes) VALUES (p_debit, p_credit, p_minutes) RETURNING id INTO v_id;
  INSERT INTO entries (account_id, version, transfer_id, delta, balance_after)
  VALUES (p_debit, d.version, v_id, -p_minutes, d.balance), (p_credit, c.version, v_id, p_minutes, c.balance);
  RETURN v_id;
END $$;

-- Not even entries: nobody could be told what their balance is made of.
CREATE FUNCTION bare_move(p_debit bigint, p_credit bigint, p_minutes int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_debit < p_credit THEN
    UPDATE accounts SET balance = balance - p_minutes WHERE id = p_debit;
    UPDATE accounts SET balance = balance + p_minutes WHERE id = p_credit;
  ELSE
    UPDATE accounts SET balance = balance + p_minutes WHERE id = p_credit;
    UPDATE accounts SET balance = balance - p_minutes WHERE id = p_debit;
  END IF;
  INSERT INTO transfers (debit, credit, minutes) VALUES (p_debit, p_credit, p_minutes);
END $$;

GRANT ALL ON ALL TABLES IN SCHEMA public TO bulles_app;
