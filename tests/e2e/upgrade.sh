#!/usr/bin/env bash
# A rolling upgrade: nodes of two versions of the messages work together, one that no other understands is refused, and
# when the last old node has gone, the newer version is spoken.
# usage: upgrade.sh SAMPLE   (programs in $PRISM_BUILD_DIR)

source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
for part in build corpus postgres node; do source "$root/scripts/lib-$part.sh"; done
base=$1
need_programs prismctl
make_scratch
start_postgres fsync=off
start_replay "$base" --rate=150
directory=http://${relay_url#ws://}
next=$build_dir/tests/e2e/prismd_next far=$build_dir/tests/e2e/prismd_far
tls=$scratch/tls
"$build_dir/tools/prismctl" tls init "$tls" >"$scratch/tls.log"

# start_node NAME PROGRAM: sets $started
start_node() {
  local name=$1 program=$2
  [[ -e $tls/$name.crt ]] ||
    "$build_dir/tools/prismctl" tls issue "$tls" --role node "$name" --host 127.0.0.1 >>"$scratch/tls.log"
  start_child "$program" "--relay-url=$relay_url" --start-cursor=oldest "--database-url=$conninfo" --metrics-listen= \
    "--plc-url=$directory" "--handle-resolver-url=$directory" --allow-private-addresses=yes --log-level=debug "--node-name=$name" --shards=4 --cluster-ttl-ms=3000 --cluster-listen=127.0.0.1:0 \
    "--tunnel-certificate=$tls/$name.crt" "--tunnel-key=$tls/$name.key" "--tunnel-authority=$tls/ca.crt" \
    >>"$scratch/$name.log" 2>&1
}
ask() { psql -XAtq -d "$conninfo" -c "$1" 2>>"$scratch/psql.log" || echo 0; } # no tables at first
shards_of() { ask "SELECT count(*) FROM shard_placement JOIN cluster_members USING (node) WHERE name = '$1' AND dead_at IS NULL"; }
has_shards() { (($(shards_of "$1") == $2)); }
says() { grep -q "$2" "$scratch/$1.log"; }

start_node old "$prismd" && old=$started
wait_until 60 "the old node has no shards" has_shards old 4
start_node new "$next" && new=$started
wait_until 60 "the new node has no shards" has_shards new 2
wait_until 60 "the two do not speak version 1" says new "version 1"

status=0
start_node far "$far"
wait "$started" || status=$?
((status == 78)) || die "a node that nobody understands ended with $status: $(<"$scratch/far.log")"
says far "upgrade one version at a time" || die "it does not say why: $(<"$scratch/far.log")"

# The old one is replaced. Its shards and its lead go to the other at once.
kill -TERM "$old"
wait "$old" || die "the old node ended with $?"
wait_until 60 "the new node does not take over" has_shards new 4
mv "$scratch/old.log" "$scratch/older.log"
start_node old "$next" && old=$started
wait_until 60 "the upgraded node has no shards" has_shards old 2
wait_until 60 "the two do not speak version 2" says old "version 2"

frames=$(corpus_number "$base" frames)
at_the_end() { (($(ask 'SELECT min(seq) FROM firehose_cursor') == frames)); }
wait_until 120 "the stream was not indexed to its end" at_the_end
kill -TERM "$old" "$new"
wait "$old" "$new" || die "a node ended with $?"
# Lookups that were under way when a node ended are tried again now, and not only later.
ask 'UPDATE identity_tasks SET attempts = 0, due_at = now()'
make_node_command
run_node
cat "$scratch"/{old,older,new,prismd}.log >"$scratch/all" # where refused records are named
status=0
run_child python3 "$root/tools/oracle/compare.py" "$base" "$conninfo" "$prism_records" "$scratch/all" >"$scratch/comparison" || status=$?
tail -n 1 "$scratch/comparison"
((status == 0)) || die "the rows differ: $(<"$scratch/comparison")"
