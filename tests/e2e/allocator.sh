#!/usr/bin/env bash
# jemalloc says at the end of a prismd which settings it had: that it is linked is not enough, its functions
# have to be found before those of the C library. usage: allocator.sh   (programs in $PRISM_BUILD_DIR)
set -euo pipefail

tools=$PRISM_BUILD_DIR/tools
unset PRISM_BUILD_DIR # prismd refuses variables with its prefix that are not its own
said=$(MALLOC_CONF=stats_print:true "$tools/prismd" --version 2>&1)
for each in 'opt.background_thread: true' 'Background threads: 1'; do
  grep -qF "$each" <<<"$said" || { echo "allocator: '$each' is missing in: ${said::2000}" >&2 && exit 1; }
done
# What an allocator with our settings was asked for, and by more than its own start.
grep -qE '^Allocated: [0-9]{5,}' <<<"$said" || { echo "allocator: nothing was allocated: ${said::2000}" >&2 && exit 1; }
