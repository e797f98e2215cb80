#!/bin/bash
# Takes a backup, encrypted to a public key, and removes those that are too old. docs/backup.md says how to test one.
#   BACKUP_URL         the database, without its password: that is in PGPASSFILE (~/.pgpass, chmod 600)
#   BACKUP_DIR         where it goes: another machine's disk, or what is copied there
#   BACKUP_RECIPIENT   whose key it is encrypted to; the private one is kept elsewhere
#   BACKUP_DAYS        how long one is kept (35)
set -euo pipefail
umask 077
: "${BACKUP_URL:?the database, without its password}" "${BACKUP_DIR:?where it goes}" "${BACKUP_RECIPIENT:?whose key}"

file=$BACKUP_DIR/peerledger-$(date -u +%Y%m%dT%H%M%SZ).dump.gpg
trap 'rm -f "$file.part"' EXIT
pg_dump --no-password --format=custom --schema=public --schema=private --dbname="$BACKUP_URL" |
    gpg --batch --yes --encrypt --recipient "$BACKUP_RECIPIENT" --output "$file.part"
# What failed half-way has another name, and never the place of a whole one.
mv "$file.part" "$file"
# Only after a good one: whoever has not had one for weeks keeps the last.
find "$BACKUP_DIR" -maxdepth 1 -name 'peerledger-*.dump.gpg' -mtime +"${BACKUP_DAYS:-35}" -delete
echo "$file"
