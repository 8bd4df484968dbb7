# Sourced by tests that run prismd: usage NAME.sh SAMPLE (programs in $PRISM_BUILD_DIR).
# Sets $sample, $tools and $scratch; at the end all that runs is killed and $scratch deleted.
# shellcheck shell=bash
set -euo pipefail

sample=$1
tools=$PRISM_BUILD_DIR/tools
unset PRISM_BUILD_DIR # prismd refuses variables with its prefix that are not its own
scratch=$(mktemp -d)
chmod 755 "$scratch"
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$scratch"' EXIT

fail() {
  echo "$(basename "$0" .sh): $*" >&2
  tail -n 40 "$scratch"/*.log >&2 || true
  exit 1
}

# until_ok SECONDS COMMAND...: repeats it until it succeeds
until_ok() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || fail "waited in vain for: $*"
    sleep 0.05
  done
}
