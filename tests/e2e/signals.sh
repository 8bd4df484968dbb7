#!/usr/bin/env bash
# Signals that do not end prismd: SIGHUP and SIGUSR1 are answered in the log, SIGPIPE is ignored; it indexes on.
# usage: signals.sh SAMPLE   (programs in $PRISM_BUILD_DIR)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
says() { grep -q -- "$1" "$scratch/prismd.log"; }

"$tools/prism-replay" --base "$sample" --rate 1500 --port-file "$scratch/port" >"$scratch/replay.log" 2>&1 &
until_ok 20 test -s "$scratch/port"
start() {
  "$tools/prismd" --relay-url="ws://127.0.0.1:$(cat "$scratch/port")" --data-dir="$scratch/data" --start-cursor=oldest \
    --metrics-listen= --identity-lookups=off "$@" >"$scratch/prismd.log" 2>&1 &
  node=$!
}

# While it waits for its database.
start --database-url="host=$scratch user=nobody"
until_ok 60 says 'does not answer'
kill -HUP "$node"
until_ok 60 says 'SIGHUP: nothing to reload'
kill -USR1 "$node"
until_ok 60 says 'state: starting, waiting for the database'
kill -TERM "$node"
status=0
wait "$node" || status=$?
((status == 0)) || fail "SIGTERM ended the waiting prismd with $status"

# While it works.
start
until_ok 120 says 'connected to the relay'
for signal in HUP PIPE USR1 HUP; do
  kill -$signal "$node"
done
until_ok 60 says 'SIGHUP: nothing to reload'
until_ok 60 says 'state: ok   database reachable'
until_ok 60 says 'state: firehose: relay=.* window_frames=[0-9]'
until_ok 60 says 'state: shard-1: .*durable_seq=[0-9]'
until_ok 60 says 'state: pool: sessions=[0-9]'
! says 'does not answer' || fail "an actor did not answer"
kill -TERM "$node"
status=0
wait "$node" || status=$?
((status == 0)) || fail "SIGTERM ended prismd with $status"
says 'stopping: signal 15' || fail "prismd had ended before the signal"
echo "answered, went on, ended with 0"
