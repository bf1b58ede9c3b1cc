#!/bin/sh
# PostgreSQL's image runs this once, on an empty database. What the role may do, `manage.py grant_console` says.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$(cat /run/secrets/console_password)" <<'SQL'
REVOKE ALL ON DATABASE miyabi FROM PUBLIC;
CREATE ROLE miyabi LOGIN PASSWORD :'password';
GRANT CONNECT ON DATABASE miyabi TO miyabi;
SQL
