-- Times are milliseconds since 1970-01-01 UTC. What agents have sent and is not settled; dead_reason: given up, and why.
CREATE TABLE message_outbox (
  id           INTEGER PRIMARY KEY,
  agent        TEXT NOT NULL,
  receiver     TEXT NOT NULL,
  conversation TEXT NOT NULL,
  sequence     INTEGER NOT NULL,
  message      BLOB NOT NULL,
  dead_reason  TEXT,
  UNIQUE (agent, receiver, conversation, sequence)
);

CREATE INDEX message_outbox_dead ON message_outbox (agent, id) WHERE dead_reason IS NOT NULL;

-- The last number given out.
CREATE TABLE message_sequences (
  agent        TEXT NOT NULL,
  receiver     TEXT NOT NULL,
  conversation TEXT NOT NULL,
  sequence     INTEGER NOT NULL,
  PRIMARY KEY (agent, receiver, conversation)
) WITHOUT ROWID;

-- How far an agent is with a sender. beyond and skipped: 8-byte big-endian numbers.
CREATE TABLE message_marks (
  agent        TEXT NOT NULL,
  sender       TEXT NOT NULL,
  conversation TEXT NOT NULL,
  contiguous   INTEGER NOT NULL,
  beyond       BLOB NOT NULL,
  skipped      BLOB NOT NULL,
  has_failed   INTEGER NOT NULL CHECK (has_failed IN (0, 1)),
  PRIMARY KEY (agent, sender, conversation)
) WITHOUT ROWID;

-- What handlers wanted kept, written with the mark. The unique key makes a second effect of one message impossible.
CREATE TABLE message_effects (
  id           INTEGER PRIMARY KEY,
  agent        TEXT NOT NULL,
  sender       TEXT NOT NULL,
  conversation TEXT NOT NULL,
  sequence     INTEGER NOT NULL,
  content      BLOB NOT NULL,
  UNIQUE (agent, sender, conversation, sequence)
);

-- Violations of an order, and decisions about gaps.
CREATE TABLE message_records (
  id           INTEGER PRIMARY KEY,
  agent        TEXT NOT NULL,
  at_ms        INTEGER NOT NULL,
  kind         TEXT NOT NULL,
  conversation TEXT NOT NULL,
  sender       TEXT NOT NULL,
  first        INTEGER NOT NULL,
  last         INTEGER NOT NULL,
  detail       TEXT NOT NULL
);
