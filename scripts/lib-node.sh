# Sourced after lib.sh and lib-build.sh: a replay server and a node on it.
# shellcheck shell=bash

# Silence after which a node with --until-caught-up-ms ends: longer than any pause of a busy machine
# between two frames that are there already.
# A script that sources this may want another.
readonly caught_up_ms=${caught_up_ms:-3000}

# start_replay BASE OPTION...: sets $relay_url and $replay_pid. Log: $scratch/replay.log.
start_replay() {
  local base=$1 port_file=$scratch/replay.port
  shift
  rm -f "$port_file"
  start_child "$prism_replay" --base="$base" --port-file="$port_file" "$@" \
    >>"$scratch/replay.log" 2>&1
  replay_pid=$started
  wait_until 120 "prism-replay does not listen" replay_listens "$port_file"
  relay_url=ws://127.0.0.1:$(<"$port_file")
}

replay_listens() {
  if ! kill -0 "$replay_pid" 2>/dev/null; then
    tail -n 5 "$scratch/replay.log" >&2
    die "prism-replay ended during its start"
  fi
  [[ -s $1 ]]
}

# Sets $node_command to a node that follows the replay server into $conninfo, and asks nobody else
# who a DID is. A busy machine may take long to answer; a question that failed would be asked again
# only after the node has ended.
make_node_command() {
  local directory=http://${relay_url#ws://}
  mkdir -p "$scratch/node"
  node_command=(
    "$prismd" "--relay-url=$relay_url" --start-cursor=oldest "--data-dir=$scratch/node"
    "--database-url=$conninfo" --metrics-listen=127.0.0.1:0 --backoff-min-ms=50
    "--until-caught-up-ms=$caught_up_ms" "--plc-url=$directory" --log-level=debug
    "--handle-resolver-url=$directory" --allow-private-addresses=yes
    --identity-host-concurrency=64 --identity-host-rate=1000 --identity-timeout-ms=60000 "$@"
  )
}

# Runs the node until it ends by itself, which it does when it has caught up.
run_node() {
  local status=0
  run_child "${node_command[@]}" >>"$scratch/prismd.log" 2>&1 </dev/null || status=$?
  if ((status != 0)); then
    tail -n 30 "$scratch/prismd.log" >&2
    die "prismd ended with exit code $status (above: its last lines)"
  fi
}

# A replay server with --once ends when a client has received everything and closed: so a node that
# stopped too early is seen.
expect_all_served() {
  wait_until 10 "prismd ended before it had received the whole corpus" replay_has_ended
  wait "$replay_pid" || die "prism-replay failed: $(tail -n 1 "$scratch/replay.log")"
  forget_child "$replay_pid"
}

replay_has_ended() { ! kill -0 "$replay_pid" 2>/dev/null; }
