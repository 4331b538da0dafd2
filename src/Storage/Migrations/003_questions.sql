-- Times are microseconds since 1970-01-01 UTC.
CREATE TABLE users (
  id              INTEGER PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password_hash   TEXT,
  role            TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  aggregator      TEXT,
  failures        INTEGER NOT NULL DEFAULT 0,
  locked_until_us INTEGER NOT NULL DEFAULT 0,
  created_at_us   INTEGER NOT NULL
);

-- Whoever uses this machine without a name; without a password nobody logs in as it.
INSERT INTO users (id, name, role, created_at_us) VALUES (1, 'anonymous', 'operator', 0);

-- Sessions and API keys. The token itself is nowhere: token_hash is its SHA-256.
CREATE TABLE access_tokens (
  id            TEXT PRIMARY KEY,
  kind          TEXT NOT NULL CHECK (kind IN ('session', 'api_key')),
  token_hash    TEXT NOT NULL UNIQUE,
  user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  label         TEXT NOT NULL,
  created_at_us INTEGER NOT NULL,
  expires_at_us INTEGER
);

CREATE INDEX access_tokens_by_user ON access_tokens (user_id, kind, created_at_us);

-- One question of one user. While it runs, owner holds it until lease_until_us.
CREATE TABLE interactions (
  job_id         TEXT PRIMARY KEY,
  user_id        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  query          TEXT NOT NULL,
  domain         TEXT NOT NULL,
  question_type  TEXT NOT NULL,
  request        TEXT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  stage          TEXT NOT NULL,
  progress       INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
  error_code     TEXT,
  error_message  TEXT,
  owner          TEXT,
  lease_until_us INTEGER NOT NULL DEFAULT 0,
  attempts       INTEGER NOT NULL DEFAULT 0,
  created_at_us  INTEGER NOT NULL,
  started_at_us  INTEGER,
  ended_at_us    INTEGER
);

CREATE INDEX interactions_by_user ON interactions (user_id, created_at_us, job_id);
CREATE INDEX interactions_open ON interactions (state, created_at_us) WHERE state IN ('queued', 'running');

-- detail is the member's whole part, with its text moved to response.
CREATE TABLE responses (
  job_id        TEXT NOT NULL REFERENCES interactions (job_id) ON DELETE CASCADE,
  position      INTEGER NOT NULL,
  agent_id      TEXT NOT NULL,
  role          TEXT,
  response      TEXT NOT NULL,
  is_aggregator INTEGER NOT NULL CHECK (is_aggregator IN (0, 1)),
  status        TEXT NOT NULL,
  detail        TEXT NOT NULL,
  PRIMARY KEY (job_id, position)
) WITHOUT ROWID;

-- outcome is the whole result without the members' parts.
CREATE TABLE analysis (
  job_id          TEXT PRIMARY KEY REFERENCES interactions (job_id) ON DELETE CASCADE,
  outcome         TEXT NOT NULL,
  consensus_score REAL GENERATED ALWAYS AS (json_extract(outcome, '$.consensus.score')) VIRTUAL,
  analysis_data   TEXT GENERATED ALWAYS AS (json_extract(outcome, '$.analysis')) VIRTUAL,
  certificate     TEXT GENERATED ALWAYS AS (json_extract(outcome, '$.certificate')) VIRTUAL
);

-- What members have answered so far. Work outside the server's jobs keeps its answers here too, so job_id refers to no table.
CREATE TABLE ask_answers (
  job_id        TEXT NOT NULL,
  answer_key    TEXT NOT NULL,
  value         TEXT NOT NULL,
  created_at_us INTEGER NOT NULL,
  PRIMARY KEY (job_id, answer_key)
) WITHOUT ROWID;
