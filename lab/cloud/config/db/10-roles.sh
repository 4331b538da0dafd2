#!/bin/sh
# The api and the worker log in as app, which may use the orders and nothing else; the exporter only watches.
# shellcheck disable=SC2154  # the image's entry point sets POSTGRES_USER and POSTGRES_DB
psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v app="$APP_PASSWORD" -v exporter="$EXPORTER_PASSWORD" <<'SQL'
CREATE ROLE app LOGIN PASSWORD :'app' CONNECTION LIMIT -1;
CREATE ROLE exporter LOGIN PASSWORD :'exporter' CONNECTION LIMIT 3;
GRANT pg_monitor TO exporter;
SQL
