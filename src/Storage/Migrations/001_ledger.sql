-- Times are microseconds since 1970-01-01 UTC. Hashes are lower-case hex of SHA-256.
CREATE TABLE ledger_entries (
  seq          INTEGER PRIMARY KEY,
  at_us        INTEGER NOT NULL,
  kind         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  decision_tag TEXT,
  payload      TEXT NOT NULL,
  prev_hash    TEXT NOT NULL,
  hash         TEXT NOT NULL
);

CREATE INDEX ledger_entries_by_subject ON ledger_entries (subject, seq);
CREATE INDEX ledger_entries_by_kind ON ledger_entries (kind, seq);

CREATE TABLE ledger_checkpoints (
  seq       INTEGER PRIMARY KEY,
  hash      TEXT NOT NULL,
  at_us     INTEGER NOT NULL,
  key_id    TEXT NOT NULL,
  signature TEXT NOT NULL
);

-- The newest entry, signed with each commit, so that the entries after the last checkpoint are covered too.
CREATE TABLE ledger_head (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  seq       INTEGER NOT NULL,
  hash      TEXT NOT NULL,
  at_us     INTEGER NOT NULL,
  key_id    TEXT NOT NULL,
  signature TEXT NOT NULL
);

CREATE TRIGGER ledger_entries_keep BEFORE UPDATE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER ledger_entries_stay BEFORE DELETE ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE VIEW llm_runs AS
SELECT
  seq,
  subject                                   AS incident_id,
  json_extract(payload, '$.run_id')         AS run_id,
  json_extract(payload, '$.model')          AS model,
  json_extract(payload, '$.config')         AS config,
  json_extract(payload, '$.prompt')         AS prompt,
  json_extract(payload, '$.response')       AS response,
  json_extract(payload, '$.prompt_hash')    AS prompt_hash,
  json_extract(payload, '$.response_hash')  AS response_hash,
  json_extract(payload, '$.temp')           AS temp,
  json_extract(payload, '$.tokens')         AS tokens,
  json_extract(payload, '$.created_at')     AS created_at
FROM ledger_entries
WHERE kind = 'llm_run';
