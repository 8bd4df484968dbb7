#!/usr/bin/env bash
# Made-up networks become the rows that prism-synth's own model expects, in every table.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
synth() {
  "$PRISM_BUILD_DIR/tools/prism-synth" --base="$scratch/made" --accounts=60 --ops=6000 "$@"
}
synth --seed=1
scripts/oracle "$scratch/made" --shards 1
synth --seed=2 --clocks=wrong --mix=tangle:5,again:5
scripts/oracle "$scratch/made" --shards 4 --shuffle 2
