# Sourced by the scripts beside it: messages, waiting, and an end that leaves nothing behind.
# shellcheck shell=bash

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=scripts/$(basename "$0")

# A node of ours takes settings from these, and libpq from those: a run must not depend on them.
build_dir_given=${PRISM_BUILD_DIR:-}
test_sanitizers=${PRISM_TEST_SANITIZERS:-1}
for variable in "${!PRISM_@}" "${!PG@}" DATABASE_URL DB_POOL_SIZE STATEMENT_TIMEOUT_MS \
  MAX_CONCURRENT_USER_CREATIONS; do
  unset "$variable"
done
unset variable
export LC_ALL=C.UTF-8
export PYTHONPATH=$root/tools/common PYTHONDONTWRITEBYTECODE=1

readonly exit_usage=64 # EX_USAGE

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$program: $*"
  exit 1
}

# Prints the comment block at the top of the calling script, which is its manual.
show_help() {
  sed -n '2,/^$/{/^#/!q; s/^# \{0,1\}//; p}' "$0"
}

usage_error() {
  say "$program: $*"
  say "Try '$program --help'."
  exit "$exit_usage"
}

is_number() { [[ $1 =~ ^[0-9]{1,18}$ ]]; }

# need_number NAME TEXT MIN MAX
need_number() {
  if ! is_number "$2" || ((10#$2 < $3 || 10#$2 > $4)); then
    usage_error "$1: '$2' is not a number in $3..$4"
  fi
}

# json_list WORD...: as JSON.
json_list() { python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@"; }

# --- the end -----------------------------------------------------------------------------------

children=()  # processes that we started and that may still run
scratch=     # our directory, removed at the end
end_steps=() # functions to run first, the last one added first

# Processes are told to stop in the reverse order of their start, and killed if they do not.
stop_child() {
  local pid=$1 tries
  kill -TERM "$pid" 2>/dev/null || true
  for ((tries = 0; tries < 100; ++tries)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

forget_child() {
  local pid kept=()
  for pid in "${children[@]}"; do
    [[ $pid == "$1" ]] || kept+=("$pid")
  done
  children=("${kept[@]}")
}

at_end() {
  local status=$? i
  trap '' INT TERM HUP
  trap - EXIT
  set +e
  for ((i = ${#end_steps[@]} - 1; i >= 0; --i)); do "${end_steps[i]}"; done
  for ((i = ${#children[@]} - 1; i >= 0; --i)); do stop_child "${children[i]}"; done
  [[ -z $scratch ]] || rm -rf -- "$scratch"
  exit "$status"
}
trap at_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Makes the directory $scratch, which others may pass through (PostgreSQL runs as another user).
make_scratch() {
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/prism-${program##*/}.XXXXXX")
  chmod 711 "$scratch"
}

# Starts a program in the background that dies with this script, even when that is killed. Its
# process id is in $started. Redirections are the caller's.
start_child() {
  setpriv --pdeathsig TERM -- "$@" &
  started=$!
  children+=("$started")
}

# Runs a program in the foreground, but so that a signal ends this script at once.
run_child() {
  local status=0
  start_child "$@"
  local pid=$started
  wait "$pid" || status=$?
  forget_child "$pid"
  return "$status"
}

# wait_until SECONDS WHAT COMMAND...: fails with WHAT when the command did not succeed in time.
wait_until() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    ((SECONDS < deadline)) || die "timed out: $what"
    sleep 0.05
  done
}
