#!/usr/bin/env bash
# Made-up networks become the rows that prism-synth's own model expects, in every table.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for seed in 1 2; do
  "$PRISM_BUILD_DIR/tools/prism-synth" --base="$scratch/made" --accounts=60 --ops=6000 --seed="$seed"
  scripts/oracle "$scratch/made" --shards 1
done
