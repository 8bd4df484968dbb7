#!/usr/bin/env bash
# The node answers what the official AppView asked, as the official data plane did; ten falsified answers
# are ten differences; and nobody gets a wrong answer while one of two nodes is killed.
#
# usage: rpc.sh BASE
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
base=$1
shift 1
source "$here/../../scripts/lib.sh"
for part in build corpus postgres node dataplane; do source "$root/scripts/lib-$part.sh"; done

# expect LINE COMMAND...: that is its last line, and its exit code says whether D is 0.
expect() {
  local line=$1 status=0 expected=0
  shift
  [[ $line == *', 0 differences' ]] || expected=1
  run_child "$@" >"$scratch/report" 2>"$scratch/examples" || status=$?
  tail -n 1 "$scratch/report"
  if [[ $(tail -n 1 "$scratch/report") != "$line" ]] || ((status != expected)); then
    cat "$scratch/report" "$scratch/examples" >&2
    die "exit code $status, and the last line is not '$line'"
  fi
}

need_programs prismctl
make_scratch
index_corpus "$base"
recording=$(recording_of "$base")
calls=$(zstd -qdc "$recording" | wc -l)
served=(--pds "http://${relay_url#ws://}" --corpus "$base")

make_serving_node --dataplane-listen=127.0.0.1:0
start_dataplane "$scratch/serving.log" "${node_command[@]}"
judge=("$grpc_python" "$root/tools/rpc/judge.py")
expect "$calls calls, 0 differences" "${judge[@]}" "$recording" "$dataplane" "${served[@]}"
"$grpc_python" "$here/rpc_falsify.py" "$recording" "$scratch/false.rpc"
expect "$calls calls, 10 differences" "${judge[@]}" "$scratch/false.rpc" "$dataplane" "${served[@]}"
stop_child "$dataplane_pid"
forget_child "$dataplane_pid"

make_cluster
make_serving_node "${cluster_options[@]}"
expect "$calls calls, 0 differences" "$grpc_python" "$root/tools/rpc/two_nodes.py" "$recording" \
  "$(json_list "${node_command[@]}")" "$scratch" "${served[@]}"
