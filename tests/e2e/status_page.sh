#!/usr/bin/env bash
# The status page in a real browser: live numbers, no error, nothing from elsewhere, and a reconnect after a restart.
# usage: status_page.sh SAMPLE [SCREENSHOTS' DIRECTORY]   (programs in $PRISM_BUILD_DIR)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$tools/prism-replay" --base "$sample" --rate 300 --port-file "$scratch/port" >"$scratch/replay.log" 2>&1 &
until_ok 20 test -s "$scratch/port"
start_node() {
  "$tools/prismd" --relay-url="ws://127.0.0.1:$(cat "$scratch/port")" --data-dir="$scratch/data" --start-cursor=oldest \
    --metrics-listen="127.0.0.1:${1:-0}" --identity-lookups=off --transaction-timeout-ms=1000 \
    --shards="${shards:-2}" >"$scratch/prismd.log" 2>&1 &
  node=$!
  until_ok 60 grep -qs 'metrics on http://' "$scratch/prismd.log"
}
start_node
port=$(grep -o 'metrics on http://127.0.0.1:[0-9]*' "$scratch/prismd.log" | grep -o '[0-9]*$')
until_ok 120 grep -q 'connected to the relay' "$scratch/prismd.log"

chromium --headless=new --no-sandbox --disable-gpu --no-first-run --user-data-dir="$scratch/profile" \
  --remote-debugging-port=0 --remote-allow-origins='*' about:blank >"$scratch/chromium.log" 2>&1 &
until_ok 120 test -s "$scratch/profile/DevToolsActivePort"

# With Debian's python3, which has the module. It says `live`, and `lost` when the page notices that the node is gone.
mkfifo "$scratch/said"
/usr/bin/python3 "$(dirname "${BASH_SOURCE[0]}")/status_page.py" "$(head -1 "$scratch/profile/DevToolsActivePort")" \
  "http://127.0.0.1:$port/" "${2:-$scratch}" >"$scratch/said" 2>"$scratch/browser.log" &
browser=$!
exec 3<"$scratch/said"
read -r word <&3 || fail "the page shows no live numbers"
[[ $word == live ]] || fail "the page says $word"
# The state follows the database: its server is stopped, and goes on.
postgres=$(find "$scratch/data" -name postmaster.pid -exec head -1 {} \;)
# shellcheck disable=SC2046
kill -STOP "$postgres" $(pgrep -P "$postgres")
read -r word <&3 || fail "the page does not say that the database is away"
# shellcheck disable=SC2046
kill -CONT $(pgrep -P "$postgres") "$postgres"
read -r word <&3 || fail "the page does not say that the database is back"
kill -TERM "$node"
wait "$node" || fail "prismd ended with $?"
read -r word <&3 || fail "the page does not say that the connection is lost"
shards=64
start_node "$port"
wait "$browser" || fail "the page"
echo "live, without the database, back, lost, live again with 64 shards"
