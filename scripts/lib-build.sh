# Sourced after lib.sh: where the programs are, built if need be.
# shellcheck shell=bash

# need_tools NAME...: as need_programs, and these tools, which have to be there.
need_tools() {
  need_programs "$@"
  local each
  for each; do
    [[ -x $build_dir/tools/$each ]] || die "$build_dir/tools/$each is missing; run scripts/build"
  done
}

# need_programs [TARGET...]: sets $build_dir to a directory with up-to-date programs, these targets
# too. PRISM_BUILD_DIR names one that is taken as it is, which the tests use.
need_programs() {
  if [[ -n $build_dir_given ]]; then
    build_dir=$(cd "$build_dir_given" 2>/dev/null && pwd) ||
      die "PRISM_BUILD_DIR: '$build_dir_given' is not a directory"
  else
    build_dir=$root/build/release
    "$root/scripts/build" --quiet prismd prism-replay prism-records "$@" >&2 || die "the build failed"
  fi
  prismd=$build_dir/tools/prismd
  prism_replay=$build_dir/tools/prism-replay
  prism_records=$build_dir/tools/prism-records
  local each
  for each in "$prismd" "$prism_replay" "$prism_records"; do
    [[ -x $each ]] || die "$each is missing; run scripts/build"
  done
}
