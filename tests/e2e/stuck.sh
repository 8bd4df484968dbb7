#!/usr/bin/env bash
# A node whose shard, whose pool and whose database is stuck answers `prismctl status` within a second, and says what is stuck.
# usage: stuck.sh SAMPLE   (programs in $PRISM_BUILD_DIR)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ctl() { "$tools/prismctl" --node "127.0.0.1:$port" "$@"; }
export PRISMCTL_DIR=$scratch/operator
mkdir "$PRISMCTL_DIR"
"$tools/prismctl" tls init "$scratch/tls" >"$scratch/tls.log"
"$tools/prismctl" tls issue "$scratch/tls" --role node node --host 127.0.0.1 >>"$scratch/tls.log"
"$tools/prismctl" tls issue "$scratch/tls" --role viewer operator >>"$scratch/tls.log"
cp "$scratch/tls"/{ca.crt,operator.crt,operator.key} "$PRISMCTL_DIR"

"$tools/prism-replay" --base "$sample" --rate 40 --port-file "$scratch/port" >"$scratch/replay.log" 2>&1 &
until_ok 20 test -s "$scratch/port"
# Two sessions for two shards, and a job every second that needs one as well.
"$tools/prismd" --relay-url="ws://127.0.0.1:$(cat "$scratch/port")" --data-dir="$scratch/data" --start-cursor=oldest \
  --metrics-listen= --identity-lookups=off --shards=2 --db-pool-size=2 --pending-sweep-interval-s=1 \
  --transaction-timeout-ms=60000 --statement-timeout-ms=60000 --tunnel-listen=127.0.0.1:0 \
  --tunnel-certificate="$scratch/tls/node.crt" --tunnel-key="$scratch/tls/node.key" \
  --tunnel-authority="$scratch/tls/ca.crt" --tunnel-revoked="$scratch/tls/crl.pem" >"$scratch/prismd.log" 2>&1 &
node=$!
until_ok 120 grep -qs 'connected to the relay' "$scratch/prismd.log"
port=$(sed -n 's/.*operators connect to port \([0-9]*\) of.*/\1/p' "$scratch/prismd.log")
run=$(dirname "$(find "$scratch/data" -name '.s.PGSQL.5432')")
postmaster=$(head -1 "$(find "$scratch/data" -name postmaster.pid)")

# says PATTERN...: whether `status` has a line for each
says() {
  local each
  ctl status >"$scratch/status.txt" || fail "no status"
  for each in "$@"; do
    grep -Eq -- "$each" "$scratch/status.txt" || return 1
  done
}
# in_time: `status` answers within a second; on a busy machine the quickest of five counts
in_time() {
  local began took
  for _ in 1 2 3 4 5; do
    began=$(date +%s%N)
    ctl status >"$scratch/timed.txt" || fail "no status"
    took=$((($(date +%s%N) - began) / 1000000))
    echo "status of a stuck node: $took ms"
    ((took >= 1000)) || return 0
  done
  fail "status took $took ms"
}
names_holder() {
  ctl database >"$scratch/database.txt" || fail "no view of the database"
  grep -q 'the_holder.*active' "$scratch/database.txt" # not while the shard pauses between two attempts
}
hold_locks() { # WHICH: the rows that the shards write, until the session is ended
  psql -h "$run" -U prism -d prism -XAtq >"$scratch/holder.log" 2>&1 \
    -c "SET application_name = 'the_holder'" \
    -c "BEGIN; SELECT FROM firehose_cursor WHERE $1 FOR UPDATE; SELECT pg_sleep(600)" &
}
let_go() {
  psql -h "$run" -U prism -d prism -XAtq \
    -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'the_holder'" >"$scratch/let_go.log"
  until_ok 60 says '^stuck: none$'
}

# -- one shard -----------------------------------------------------------------------------------
until_ok 60 says '^stuck: none$'
hold_locks 'shard = 0'
until_ok 60 says '^shard-0 .* its apply_batch has been at PostgreSQL \(db_session-' '^database .*apply_batch of shard-0'
in_time
! grep -q '^shard-1 ' "$scratch/status.txt" || fail "shard-1 is called stuck"
until_ok 30 names_holder
let_go

# -- the pool ------------------------------------------------------------------------------------
hold_locks 'true'
until_ok 60 says '^pool .* for a database session, the first \(.* of janitor\) .*; 2 of 2 sessions are in use' '^shard-0 ' '^shard-1 '
in_time
let_go

# -- the database --------------------------------------------------------------------------------
# shellcheck disable=SC2046
kill -STOP "$postmaster" $(pgrep -P "$postmaster")
until_ok 60 says '^database .* PostgreSQL has not finished . jobs? for more than 5 s'
in_time
status=0
ctl database >"$scratch/said.log" 2>&1 || status=$?
((status == 1)) || fail "the view of a stopped database ends with $status"
grep -q 'does not answer\|cannot answer' "$scratch/said.log" || fail "it says: $(cat "$scratch/said.log")"
# shellcheck disable=SC2046
kill -CONT "$postmaster" $(pgrep -P "$postmaster")
until_ok 60 says '^stuck: none$'

kill -TERM "$node"
wait "$node" || fail "prismd ended with $?"
echo "stuck shard, pool and database were named in time"
