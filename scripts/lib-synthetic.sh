# Sourced after lib.sh and lib-{build,corpus,postgres,node,dataplane,appview}.sh: a made-up network in our tables and in the official ones.
# shellcheck shell=bash

# fill_with_synthetic_network: of $records records. Sets what index_corpus and create_official set, and $copy: the base of
# a corpus without frames, with the people's DID documents.
fill_with_synthetic_network() {
  local tool=$root/tools/bench-appview key
  copy=$scratch/corpus/synthetic
  mkdir "$scratch/corpus"
  : | zstd -q -o "$copy.frames.zst"
  local each
  for each in dids handles; do echo '{}' >"$copy.$each.json"; done
  echo '{"frames": 0, "bytes": 0, "ops": 0, "firstSeq": 0, "lastSeq": 0, "dids": 0}' >"$copy.meta.json"
  start_postgres fsync=off synchronous_commit=off full_page_writes=off shared_buffers=1GB max_wal_size=16GB checkpoint_timeout=1h jit=off
  start_replay "$copy"
  # A node makes the tables.
  make_node_command --until-caught-up-ms=0
  start_child "${node_command[@]}" >>"$scratch/prismd.log" 2>&1 </dev/null
  wait_until 60 "prismd does not start, see $scratch/prismd.log" grep -qs 'connected to the relay' "$scratch/prismd.log"
  stop_child "$started"
  forget_child "$started"
  say "== a network of $records records is made up"
  local began=$SECONDS
  psql -Xq -d "$conninfo" -v records="$records" -f "$tool/network.sql" >"$scratch/network.log" || die "the network cannot be made (above: why)"
  say "   $(ask_database 'SELECT sum(n) FROM (SELECT count(*) AS n FROM posts UNION ALL SELECT count(*) FROM likes UNION ALL
    SELECT count(*) FROM reposts UNION ALL SELECT count(*) FROM follows UNION ALL SELECT count(*) FROM blocks UNION ALL
    SELECT count(*) FROM profiles) x') records, $((SECONDS - began)) s"
  ask_database "SELECT json_object_agg(did, json_build_object('id', did, 'alsoKnownAs', json_build_array('at://' || handle),
    'verificationMethod', json_build_array(json_build_object('id', did || '#atproto', 'type', 'Multikey', 'controller', did)),
    'service', json_build_array(json_build_object('id', '#atproto_pds', 'type', 'AtprotoPersonalDataServer',
      'serviceEndpoint', 'https://pds.test')))) FROM users" >"$scratch/dids.json"
  (cd "$appview" && "$node" "$root/tools/appview/take_keys.mjs" "$scratch/dids.json" "$copy.dids.json" "$scratch/key")
  key=$(python3 -c 'import json, sys
print(next(iter(json.load(open(sys.argv[1])).values()))["verificationMethod"][0]["publicKeyMultibase"])' "$copy.dids.json")
  # As a lookup writes them: what the node would otherwise have to ask of the directory.
  ask_database "INSERT INTO did_documents (user_id, place, looked_up_at, found, handle, keys, services)
    SELECT id, 0, clock_timestamp(), true, handle, '{\"atproto\":{\"Type\":\"Multikey\",\"PublicKeyMultibase\":\"$key\"}}',
      '{\"atproto_pds\":{\"Type\":\"AtprotoPersonalDataServer\",\"URL\":\"https://pds.test\"}}' FROM users"

  say "== the same rows are written into the official tables"
  began=$SECONDS
  create_official
  psql -Xq -d "$conninfo" -f "$tool/official_rows.sql"
  local view columns
  for view in $(ask_database "SELECT table_name FROM information_schema.views WHERE table_schema = 'synthetic' ORDER BY 1"); do
    columns=$(ask_database "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
      FROM information_schema.columns WHERE table_schema = 'synthetic' AND table_name = '$view'")
    psql -Xq -d "$conninfo" -c "SET work_mem = '256MB'" -c "COPY (SELECT * FROM synthetic.\"$view\") TO STDOUT" |
      "${official[@]}" -c "COPY bsky.\"$view\" ($columns) FROM STDIN"
  done
  ask_database 'DROP SCHEMA synthetic CASCADE' 2>"$scratch/dropped.log"
  say "   $((SECONDS - began)) s"
}

# compare_synthetic_answers: calls are made up and sent to the official data plane ($stock), and its answers compared with
# those of $ours. Sets $recording.
compare_synthetic_answers() {
  recording=("$scratch/synthetic.rpc.zst")
  "$grpc_python" "$root/tools/bench-appview/calls.py" "$conninfo" "$stock" "$scratch/calls"
  zstd -q "$scratch/calls" -o "${recording[0]}"
  say "== the answers of both are compared"
  run_child "$grpc_python" "$root/tools/rpc/judge.py" "$scratch/calls" "$ours" ||
    say "WARNING: the two data planes do not answer the same (above)"
}
