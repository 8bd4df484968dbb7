# Sourced after lib.sh and lib-{build,corpus,postgres,node}.sh: nodes that answer the official AppView.
# shellcheck shell=bash

# Debian's Python, which has gRPC and protobuf (scripts/setup); another may come first in PATH.
readonly grpc_python=/usr/bin/python3

# recording_of BASE: the recorded calls of a corpus, in rpc/ beside it or beside its other files.
recording_of() {
  local each
  for each in "$(dirname "$1")/rpc/$(basename "$1").rpc.zst" "$1.rpc.zst"; do
    [[ ! -r $each ]] || { echo "$each" && return; }
  done
  usage_error "'$1' has no recorded calls: there is neither $(dirname "$1")/rpc/$(basename "$1").rpc.zst nor $1.rpc.zst"
}

# index_corpus BASE OPTION...: into a database of our own, by a node that ends when it has done so. The replay server
# stays: it is also the directory of identities. Sets $relay_url, $conninfo, $node_command.
index_corpus() {
  local base=$1
  shift
  start_postgres fsync=off synchronous_commit=off full_page_writes=off
  start_replay "$base"
  make_node_command "$@"
  run_node
  # What was read is known from the corpus; that it was all of it, from the cursors.
  local seq last
  seq=$(ask_database 'SELECT min(seq) FROM firehose_cursor')
  last=$(corpus_number "$base" lastSeq)
  ((seq >= last)) || die "prismd ended before it had received the whole corpus: at $seq of $last"
  ask_database 'ANALYZE'
}

ask_database() { psql -XAtq -d "$conninfo" -c "$1"; }

# make_serving_node OPTION...: sets $node_command to a node on what is indexed, which stays.
make_serving_node() { make_node_command --until-caught-up-ms=0 --log-level=info "$@"; }

# make_cluster: certificates for node1 and node2, and $cluster_options, in which {name} is the node's name.
make_cluster() {
  local tls=$scratch/tls name
  "$build_dir/tools/prismctl" tls init "$tls" >"$scratch/tls.log"
  for name in node1 node2; do
    "$build_dir/tools/prismctl" tls issue "$tls" --role node "$name" --host 127.0.0.1 >>"$scratch/tls.log"
  done
  cluster_options=(
    "--node-name={name}" --cluster-ttl-ms=3000 --cluster-listen=127.0.0.1:0 "--tunnel-certificate=$tls/{name}.crt"
    "--tunnel-key=$tls/{name}.key" "--tunnel-authority=$tls/ca.crt"
  )
}

# start_dataplane LOG WORD...: a node, or another program that says where it answers. Sets $dataplane, $dataplane_pid.
start_dataplane() {
  local log=$1
  shift
  start_child "$@" >>"$log" 2>&1 </dev/null
  dataplane_pid=$started
  wait_until 60 "the data plane does not answer, see $log" dataplane_answers "$log"
  dataplane=$(sed -n 's/.*bsky\.Service on \([0-9.:]*[0-9]\).*/\1/p' "$log" | tail -n 1)
}

dataplane_answers() {
  if ! kill -0 "$dataplane_pid" 2>/dev/null; then
    tail -n 5 "$1" >&2
    die "the data plane ended during its start"
  fi
  grep -q 'answering bsky\.Service on ' "$1"
}
