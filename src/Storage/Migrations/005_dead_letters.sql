-- Of a message that was given up: how often it had been sent, and when it was given up, in milliseconds since 1970-01-01 UTC.
ALTER TABLE message_outbox ADD COLUMN dead_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message_outbox ADD COLUMN dead_at_ms INTEGER NOT NULL DEFAULT 0;
