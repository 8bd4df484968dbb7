#!/usr/bin/env bash
# Every command refuses what it does not know with exit code 64, a message that names it and nothing
# done, and explains itself on request.
set -euo pipefail

failures=0
fail() {
  echo "$*"
  failures=$((failures + 1))
}

# refused WORD COMMAND...: the message has to hold the word.
refused() {
  local word=$1 status=0 output
  shift
  output=$("$@" 2>&1) || status=$?
  ((status == 64)) || fail "$*: exit code $status"
  grep -qF -- "$word" <<<"$output" || fail "$*: the message does not say '$word': $output"
}

sample=sample/small
for command in setup build demo appview test oracle rpc official-tests crash faults cluster cluster-bench bench bench-appview soak format lint; do
  output=$("scripts/$command" --help) || fail "$command --help: exit code $?"
  grep -q "^usage: scripts/$command" <<<"$output" || fail "$command --help: no usage line"
  [[ $command == test ]] || refused --nonsense "scripts/$command" --nonsense
done
refused BASE scripts/oracle
refused nothing/there scripts/oracle nothing/there
refused more scripts/oracle $sample $sample
refused --shards scripts/oracle $sample --shards
refused "'0'" scripts/oracle $sample --shards 0
refused "'257'" scripts/oracle $sample --shards 257
refused "'4x'" scripts/oracle $sample --shards 4x
refused "'-1'" scripts/oracle $sample --shuffle -1
refused BASE scripts/rpc
refused nothing/there scripts/rpc nothing/there
refused --only scripts/rpc $sample --only
refused "'0'" scripts/rpc $sample --concurrency 0
refused nothing.zst scripts/rpc $sample --recording nothing.zst
refused SEED scripts/crash $sample 3
refused "'none'" scripts/crash $sample none 1
refused "'0'" scripts/crash $sample 0 1
refused nothing/there scripts/crash nothing/there 1 1
refused SEED scripts/faults $sample 3
refused "'0'" scripts/faults $sample 0 1
refused "'x'" scripts/faults $sample 1 x
refused nothing/there scripts/faults nothing/there 1 1
refused --server "$PRISM_BUILD_DIR/tools/prism-proxy"
refused "'more'" "$PRISM_BUILD_DIR/tools/prism-proxy" --server=/x more
refused "'--serv=/x'" "$PRISM_BUILD_DIR/tools/prism-proxy" --serv=/x
refused --listen "$PRISM_BUILD_DIR/tools/prism-proxy" --server=/x --listen
refused BASE scripts/bench
refused --reads scripts/bench --reads $sample
refused --grow scripts/bench --grow $sample
refused "'5'" scripts/bench --grow --ops 5
refused nothing/there scripts/bench nothing/there
refused MINUTES scripts/soak
refused RATE scripts/soak 1
refused "'0'" scripts/soak 1 0
refused "'x'" scripts/soak x 1
refused CONNINFO "$PRISM_BUILD_DIR/tools/prism-records"
refused CONNINFO "$PRISM_BUILD_DIR/tools/prism-records" --nonsense

((failures == 0))
