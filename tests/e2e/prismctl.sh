#!/usr/bin/env bash
# prismctl looks into a node of another machine: a network namespace of its own, through the tunnel. Without the right to
# make one, both are on the loopback address.
# usage: prismctl.sh SAMPLE   (programs in $PRISM_BUILD_DIR)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ctl=$tools/prismctl
port=9465
here=() # how a command runs where the operator is
host=127.0.0.1
namespace=prism-op-$$
if ip netns add "$namespace" 2>"$scratch/netns.log"; then
  trap 'kill $(jobs -p) 2>/dev/null || true; wait; ip netns del "$namespace"; rm -rf "$scratch"' EXIT
  ip link add "po$$" type veth peer name eth0 netns "$namespace"
  net=10.213.$((RANDOM % 250))
  ip addr add "$net.1/24" dev "po$$"
  ip link set "po$$" up
  ip -n "$namespace" addr add "$net.2/24" dev eth0
  ip -n "$namespace" link set lo up # where CAF of prismctl listens
  ip -n "$namespace" link set eth0 up
  here=(ip netns exec "$namespace")
  host=$net.1
else
  echo "no network namespace to be had: on the loopback address"
fi

# -- certificates: two authorities, a node, people -----------------------------------------------
"$ctl" tls init "$scratch/tls" >"$scratch/tls.log"
"$ctl" tls init "$scratch/other" >>"$scratch/tls.log"
"$ctl" tls issue "$scratch/tls" --role node node --host "$host" >>"$scratch/tls.log"
"$ctl" tls issue "$scratch/tls" --role operator otto >>"$scratch/tls.log"
"$ctl" tls issue "$scratch/tls" --role viewer vera >>"$scratch/tls.log"
"$ctl" tls issue "$scratch/tls" --role operator gone >>"$scratch/tls.log"
"$ctl" tls issue "$scratch/other" --role operator stranger >>"$scratch/tls.log"
"$ctl" tls revoke "$scratch/tls" gone >>"$scratch/tls.log"

# as NAME [AUTHORITY'S DIRECTORY] -- COMMAND...
as() {
  local name=$1 directory=$scratch/tls
  shift
  [[ $1 == -- ]] || { directory=$1 && shift; }
  shift
  "${here[@]}" "$ctl" --node "$host:$port" --authority "$scratch/tls/ca.crt" --certificate "$directory/$name.crt" \
    --key "$directory/$name.key" "$@"
}
# refused TEXT COMMAND...: it fails with 1 and says so
refused() {
  local text=$1 status=0
  shift
  "$@" >"$scratch/said.log" 2>&1 || status=$?
  ((status == 1)) || fail "exit $status instead of 1 of: $*: $(cat "$scratch/said.log")"
  grep -qi -- "$text" "$scratch/said.log" || fail "'$text' is not in: $(cat "$scratch/said.log")"
}

# -- a node --------------------------------------------------------------------------------------
"$tools/prism-replay" --base "$sample" --rate 300 --port-file "$scratch/port" >"$scratch/replay.log" 2>&1 &
until_ok 20 test -s "$scratch/port"
"$tools/prismd" --relay-url="ws://127.0.0.1:$(cat "$scratch/port")" --data-dir="$scratch/data" --start-cursor=oldest \
  --metrics-listen= --identity-lookups=off --tunnel-listen="$host:$port" --tunnel-certificate="$scratch/tls/node.crt" \
  --tunnel-key="$scratch/tls/node.key" --tunnel-authority="$scratch/tls/ca.crt" --tunnel-revoked="$scratch/tls/crl.pem" \
  >"$scratch/prismd.log" 2>&1 &
node=$!
# During the start it answers already.
until_ok 60 as vera -- status >"$scratch/first.log" 2>&1
until_ok 120 grep -q 'connected to the relay' "$scratch/prismd.log"

# -- who may come in -----------------------------------------------------------------------------
refused 'certificate' as stranger "$scratch/other" -- status
refused 'revoked\|certificate' as gone -- status
refused 'No such file\|cannot' as nobody -- status
refused 'viewer' as vera -- pause firehose --why test
status=0
as otto -- pause firehose >"$scratch/said.log" 2>&1 || status=$?
((status == 2)) || fail "an action without --why ends with $status"
status=0
as vera -- no-such-command >"$scratch/said.log" 2>&1 || status=$?
((status == 2)) || fail "an unknown command ends with $status"

# -- look ----------------------------------------------------------------------------------------
for view in status actors channels pool pending users cursor firehose identity jobs caches sessions crashes actions \
  "dead-letters list" log log-levels "inspect shard-0"; do
  # shellcheck disable=SC2086
  as vera -- $view >"$scratch/view.txt" || fail "$view"
  test -s "$scratch/view.txt" || fail "$view says nothing"
  # shellcheck disable=SC2086
  as vera -- --json $view | python3 -c 'import json,sys; a = json.load(sys.stdin); assert a["schema"] == 1 and "data" in a' ||
    fail "$view is no JSON"
done
as vera -- top >"$scratch/top.txt"
grep -q 'operations/s\|longest wait' "$scratch/top.txt" || fail "top shows nothing"
did=$(as vera -- --json users | python3 -c 'import json,sys; print(json.load(sys.stdin)["data"]["newest"][0]["did"])')
as vera -- explain "$did" >"$scratch/explain.txt" || fail "explain"
as vera -- dump "$scratch/dump.json" >"$scratch/said.log" || fail "dump"
python3 - "$scratch/dump.json" <<'PYTHON' || fail "the dump lacks something"
import json, sys
dump = json.load(open(sys.argv[1]))
for part in ("status", "actors", "channels", "pool", "cursor", "log", "inspect"):
    assert part in dump and "error" not in dump[part], (part, dump.get(part))
PYTHON

# -- act -----------------------------------------------------------------------------------------
as otto -- pause shard-1 --seconds 60 --why "a test"
as vera -- status | grep -q 'shard-1.*otto.*a test' || fail "the pause is not shown"
as otto -- resume shard-1 --why "a test"
as otto -- restart janitor --why "a test"
shown() { as vera -- crashes | grep -q janitor; }
until_ok 30 shown
until_ok 30 as otto -- job run sessions --why "a test" # the janitor may be on its way back
as otto -- log-level shard debug --why "a test"
as vera -- log-levels | grep -q 'shard *debug' || fail "the level is not shown"
as vera -- actions | grep -q 'restart.*janitor' || fail "the action is not written down"

# -- twenty at once, also while every worker of CAF and the database are stopped --------------------
# All come from one address, which may have 16 handshakes: a client whose handshake gives way asks again.
twenty() {
  local pids=() pid
  for _ in $(seq 20); do
    until_ok 60 as vera -- status >/dev/null 2>>"$scratch/twenty.log" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || return 1; done
}
twenty || fail "not all of twenty were answered"
postgres=$(head -1 "$scratch/data/postgres/pg/data/postmaster.pid" 2>/dev/null ||
  find "$scratch/data" -name postmaster.pid -exec head -1 {} \;)
backends() { pgrep -P "$postgres"; }
# shellcheck disable=SC2046
kill -STOP $(backends)
for _ in 1 2 3 4 5; do # on a busy machine the quickest counts
  began=$(date +%s%N)
  as vera -- status >"$scratch/stuck.txt" || fail "no status while the database is stopped"
  took=$((($(date +%s%N) - began) / 1000000))
  ((took >= 1000)) || break
done
# shellcheck disable=SC2046
kill -CONT $(backends)
echo "status while the database was stopped: $took ms"
((took < 1000)) || fail "status took $took ms"

# -- drain -----------------------------------------------------------------------------------------
as otto -- drain --why "the end of the test"
status=0
wait "$node" || status=$?
((status == 0)) || fail "drain ended prismd with $status"
refused 'refused\|connect' as vera -- status
echo "looked, acted, refused, drained"
