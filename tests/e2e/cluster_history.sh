#!/usr/bin/env bash
# Breaks each rule of tools/cluster/history.py once, in a database of its own: the check has to name it, and to
# find nothing where nothing is broken.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
source "$root/scripts/lib-postgres.sh"

make_scratch
start_postgres fsync=off
PYTHONPATH=$PYTHONPATH:$root/tools/cluster run_child python3 "$root/tests/e2e/cluster_history.py" "$conninfo"
