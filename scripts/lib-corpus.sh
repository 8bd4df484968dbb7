# Sourced after lib.sh: recorded firehoses.
# shellcheck shell=bash

# need_corpus BASE ENDING...: every file of a corpus that a script is going to read.
need_corpus() {
  local base=$1 ending
  shift
  for ending; do
    [[ -r $base.$ending ]] || usage_error "'$base' is not a corpus: $base.$ending cannot be read"
  done
}

# corpus_number BASE NAME: that number of the corpus' meta.json.
corpus_number() {
  python3 -c 'import json, sys; print(int(json.load(open(sys.argv[1]))[sys.argv[2]]))' \
    "$1.meta.json" "$2" || die "$1.meta.json has no number '$2'"
}
