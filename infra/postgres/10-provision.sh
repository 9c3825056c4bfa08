#!/bin/sh
# Mounted into /docker-entrypoint-initdb.d of the official postgres image, with provision.sql beside it at /provision.sql.
set -eu
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres --no-psqlrc \
  --set migrator_password="$EVERGRANT_MIGRATOR_PASSWORD" \
  --set oauth_service_password="$OAUTH_SERVICE_DATABASE_PASSWORD" \
  --set token_service_password="$TOKEN_SERVICE_DATABASE_PASSWORD" \
  --set calendar_service_password="$CALENDAR_SERVICE_DATABASE_PASSWORD" \
  --file /provision.sql
