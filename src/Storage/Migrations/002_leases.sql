-- expires_at_us: microseconds since 1970-01-01 UTC.
CREATE TABLE leases (
  resource      TEXT PRIMARY KEY,
  owner         TEXT NOT NULL,
  expires_at_us INTEGER NOT NULL
) WITHOUT ROWID;
