#!/usr/bin/env bash
# Breaks each rule of tools/cluster/history.py once, in a database of its own: the check has to name it, and to
# find nothing where nothing is broken.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
# shellcheck source=scripts/lib-postgres.sh disable=SC2154
source "$root/scripts/lib-postgres.sh"

make_scratch
start_postgres fsync=off
PYTHONPATH=$PYTHONPATH:$root/tools/cluster run_child python3 "$root/tests/e2e/cluster_history.py" "$conninfo"
