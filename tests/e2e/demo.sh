#!/usr/bin/env bash
# The demo ends with its line, with a table before it, and without leaving processes or directories.
set -euo pipefail

TMPDIR=$(mktemp -d)
export TMPDIR
chmod 711 "$TMPDIR"
trap 'rm -rf "$TMPDIR"' EXIT

output=$(scripts/demo)
echo "$output"
tail -n 1 <<<"$output" | grep -qxE '[1-9][0-9]* frames, [1-9][0-9]* operations, [1-9][0-9]* ops/s'
grep -qE '^ +[1-9][0-9]*  posts$' <<<"$output"
grep -qE '^ +[1-9][0-9]*  likes$' <<<"$output"

left=$(ls -A "$TMPDIR")
[[ -z $left ]] || { echo "left behind: $left" && exit 1; }
running=$(pgrep -f "$TMPDIR" || true)
[[ -z $running ]] || { echo "still running: $running" && exit 1; }
