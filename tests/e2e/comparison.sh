#!/usr/bin/env bash
# Damages a good database in many ways, each in its own copy: scripts/oracle's comparison has to name
# the table, and only a whole database may pass.
#
# usage: comparison.sh BASE
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
base=$1
shift 1
source "$here/../../scripts/lib.sh"
for part in build corpus postgres node; do source "$root/scripts/lib-$part.sh"; done

need_programs
make_scratch
start_postgres fsync=off synchronous_commit=off full_page_writes=off
start_replay "$base" --once
make_node_command
run_node
expect_all_served
run_child python3 "$root/tests/e2e/damage.py" "$base" "host=$postgres_dir port=5432 user=prism" \
  "$prism_records" "$scratch/prismd.log"
