-- The least that moves minutes between two accounts and keeps a trace: no owner, limit, chain, entry or index.
CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0) WITH (fillfactor = 60);
CREATE TABLE transfers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  debit bigint NOT NULL,
  credit bigint NOT NULL,
  minutes int NOT NULL,
  posted_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO accounts (id) SELECT generate_series(1, 10000);

CREATE FUNCTION bare_transfer(p_debit bigint, p_credit bigint, p_minutes int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p_debit < p_credit THEN
    UPDATE accounts SET balance = balance - p_minutes WHERE id = p_debit;
    UPDATE accounts SET balance = balance + p_minutes WHERE id = p_credit;
  ELSE
    UPDATE accounts SET balance = balance + p_minutes WHERE id = p_credit;
    UPDATE accounts SET balance = balance - p_minutes WHERE id = p_debit;
  END IF;
  INSERT INTO transfers (debit, credit, minutes) VALUES (p_debit, p_credit, p_minutes);
  RETURN 'posted';
END $$;

-- The same with what an account's statement is read from: two entries, ranked in each account, and their balances.
CREATE TABLE ranked_accounts (
  id bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0, version int NOT NULL DEFAULT 0
) WITH (fillfactor = 60);
CREATE TABLE entries (
  account_id bigint, version int, transfer_id bigint NOT NULL, delta int NOT NULL, balance_after bigint NOT NULL,
  PRIMARY KEY (account_id, version)
);
INSERT INTO ranked_accounts (id) SELECT generate_series(1, 10000);

CREATE FUNCTION bare_entries(p_debit bigint, p_credit bigint, p_minutes int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  d ranked_accounts;
  c ranked_accounts;
  v_id bigint;
BEGIN
  IF p_debit < p_credit THEN
    UPDATE ranked_accounts SET balance = balance - p_minutes, version = version + 1 WHERE id = p_debit RETURNING * INTO d;
    UPDATE ranked_accounts SET balance = balance + p_minutes, version = version + 1 WHERE id = p_credit RETURNING * INTO c;
  ELSE
    UPDATE ranked_accounts SET balance = balance + p_minutes, version = version + 1 WHERE id = p_credit RETURNING * INTO c;
    UPDATE ranked_accounts SET balance = balance - p_minutes, version = version + 1 WHERE id = p_debit RETURNING * INTO d;
  END IF;
  INSERT INTO transfers (debit, credit, minutes) VALUES (p_debit, p_credit, p_minutes) RETURNING id INTO v_id;
  INSERT INTO entries VALUES (p_debit, d.version, v_id, -p_minutes, d.balance), (p_credit, c.version, v_id, p_minutes, c.balance);
  RETURN 'posted';
END $$;

GRANT ALL ON ALL TABLES IN SCHEMA public TO bulles_app;
