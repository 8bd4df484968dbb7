#!/usr/bin/env bash
# SIGTERM in the middle of the stream: prismd finishes its batches, leaves with 0, and a second run goes on to
# the end. usage: drain.sh SAMPLE   (programs in $PRISM_BUILD_DIR)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

node() {
  exec "$tools/prismd" --relay-url="ws://127.0.0.1:$(cat "$scratch/port")" --data-dir="$scratch/data" \
    --start-cursor=oldest --until-caught-up-ms=1500 --metrics-listen="$1"
}

"$tools/prism-replay" --base "$sample" --rate 1500 --port-file "$scratch/port" >"$scratch/replay.log" 2>&1 &
until_ok 20 test -s "$scratch/port"

(node 127.0.0.1:0) >"$scratch/first.log" 2>&1 &
first=$!
metrics() { sed -n 's|.*metrics on \(http://[^ ]*\).*|\1|p' "$scratch/first.log" | head -n 1 | grep .; }
until_ok 120 metrics >"$scratch/url"
at_work() {
  python3 -c 'import sys, urllib.request
text = urllib.request.urlopen(sys.argv[1]).read().decode()
seqs = [float(line.split()[1]) for line in text.splitlines() if line.startswith("prism_firehose_durable_seq ")]
sys.exit(0 if seqs and seqs[0] > 200 else 1)' "$(metrics)"
}
until_ok 60 at_work
kill -TERM "$first"
status=0
wait "$first" || status=$?
((status == 0)) || fail "SIGTERM ended prismd with $status"
grep -q 'stopping: signal 15' "$scratch/first.log" || fail "prismd had ended before the signal"

status=0
(node '') >"$scratch/second.log" 2>&1 || status=$?
((status == 0)) || fail "the second run ended with $status"
grep -Eq 'connected to the relay, cursor [1-9]' "$scratch/second.log" || fail "the second run did not resume"
echo "drained, resumed, caught up"
