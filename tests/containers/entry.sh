#!/bin/sh
# Runs in the container as root, with the server's own options as arguments: one throw-away cluster.
# Wants SUPERUSER, PASSWORD, LIFETIME; TRUSTED names extensions that no superuser is needed for here; with RESTARTED
# the server is started again whenever it ends.
set -eu
version=$(ls /usr/lib/postgresql)
PATH=/usr/lib/postgresql/$version/bin:$PATH
as_postgres="setpriv --reuid=postgres --regid=postgres --clear-groups"

for extension in $TRUSTED; do
    echo 'trusted = true' >>"/usr/share/postgresql/$version/extension/$extension.control"
done

data=/var/lib/postgresql/data
install -d -o postgres -g postgres "$data"
echo "$PASSWORD" >/tmp/password
$as_postgres initdb --pgdata="$data" --encoding=UTF8 --locale=C.UTF-8 --no-sync \
    --username="$SUPERUSER" --pwfile=/tmp/password --auth=trust >/tmp/initdb.log
# As on Supabase: loopback is trusted, which also means that dblink to it is for superusers only.
echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"

set -- $as_postgres postgres -D "$data" -k /tmp -c listen_addresses='*' -c fsync=off "$@"
if [ -n "${RESTARTED:-}" ]; then
    set -- sh -c 'while :; do "$@" || true; sleep 0.2; done' serve "$@"
fi
# A test run that was killed leaves no server behind: the container ends itself.
exec timeout --signal=INT "$LIFETIME" "$@"
