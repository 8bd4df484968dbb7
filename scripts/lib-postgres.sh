# Sourced after lib.sh: a PostgreSQL server of our own, for one run.
# shellcheck shell=bash

# The newest installed server's programs, from 15 on; its psql before Debian's, a Perl script that
# looks for the former each time.
find_postgres() {
  local dir
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5nr) \
    "$(pg_config --bindir 2>/dev/null || true)"; do
    [[ -x $dir/initdb && -x $dir/postgres ]] || continue
    local version
    version=$("$dir/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
    ((version >= 15)) || continue
    postgres_bin=$dir
    export PATH=$dir:$PATH
    return
  done
  die "no PostgreSQL server from version 15 on; run scripts/setup"
}

# The words that make a command run as an unprivileged user: root may not be a PostgreSQL server.
postgres_user() {
  as_postgres=()
  ((EUID == 0)) || return 0
  id -u postgres >/dev/null 2>&1 || die "there is no user postgres; run scripts/setup"
  as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
}

# start_postgres SETTING=VALUE...: an empty cluster in $scratch/pg, reachable only through a socket
# there. Sets $conninfo, $postgres_pid, $postgres_dir, $postgres_arguments.
start_postgres() {
  find_postgres
  postgres_user
  postgres_dir=$scratch/pg
  mkdir "$postgres_dir"
  if ((EUID == 0)); then chown postgres: "$postgres_dir"; fi
  "${as_postgres[@]}" "$postgres_bin/initdb" --pgdata="$postgres_dir/data" --username=prism \
    --auth=trust --encoding=UTF8 --locale=C --no-sync >"$scratch/initdb.log" 2>&1 ||
    { cat "$scratch/initdb.log" >&2 && die "initdb failed"; }
  postgres_arguments=(-D "$postgres_dir/data" -c listen_addresses=
    -c "unix_socket_directories=$postgres_dir" -c max_connections=200)
  local setting
  for setting; do postgres_arguments+=(-c "$setting"); done
  restart_postgres
  "$postgres_bin/createdb" -h "$postgres_dir" -U prism prism
  conninfo="host=$postgres_dir port=5432 user=prism dbname=prism"
}

# The same server, also after stop_postgres.
# SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for its clients.
restart_postgres() {
  setpriv "${as_postgres[@]:1}" --pdeathsig INT -- "$postgres_bin/postgres" \
    "${postgres_arguments[@]}" >>"$scratch/postgres.log" 2>&1 &
  postgres_pid=$!
  end_steps+=(stop_postgres)
  wait_until 60 "PostgreSQL does not start, see $scratch/postgres.log" postgres_answers
}

postgres_answers() {
  if ! kill -0 "$postgres_pid" 2>/dev/null; then
    tail -n 20 "$scratch/postgres.log" >&2
    die "PostgreSQL ended during its start"
  fi
  "$postgres_bin/pg_isready" -q -h "$postgres_dir" -U prism -d postgres
}

# Puts the tables of the database prism, which is empty, on a disk that is soon full, and sets $disk to
# its directory; empty if the script has no $own_mounts or may not mount. What PostgreSQL needs itself
# is elsewhere: without that it would end, which is another fault.
use_small_disk() {
  disk=
  [[ ${own_mounts:-} == 1 ]] && mkdir "$scratch/disk" &&
    mount -t tmpfs -o size=512m,mode=711 prism "$scratch/disk" || return 0
  disk=$scratch/disk
  end_steps=(unmount_disk "${end_steps[@]}")
  mkdir "$disk/space"
  chown postgres: "$disk/space"
  psql -XAtq -d "${conninfo/dbname=prism/dbname=postgres}" -c "CREATE TABLESPACE small LOCATION '$disk/space'" \
    -c "ALTER DATABASE prism SET TABLESPACE small"
}

unmount_disk() { umount "$scratch/disk"; }

stop_postgres() {
  [[ -n ${postgres_pid:-} ]] || return 0
  local i
  # Whatever still uses it goes first, the youngest first.
  for ((i = ${#children[@]} - 1; i >= 0; --i)); do stop_child "${children[i]}"; done
  children=()
  kill -INT "$postgres_pid" 2>/dev/null || true
  wait "$postgres_pid" 2>/dev/null || true
  postgres_pid=
}

# make_standby NAME: a copy of the running server, which follows it once it is started. Sets $standby_command, $standby_dir (its
# socket's directory).
make_standby() {
  standby_dir=$scratch/$1
  mkdir "$standby_dir"
  if ((EUID == 0)); then chown postgres: "$standby_dir"; fi
  "${as_postgres[@]}" "$postgres_bin/pg_basebackup" -D "$standby_dir/data" --checkpoint=fast --no-sync --wal-method=stream \
    --write-recovery-conf -d "$conninfo" || die "pg_basebackup failed (above: why)"
  # Of two settings of one name the last counts.
  standby_command=(setpriv "${as_postgres[@]:1}" --pdeathsig INT -- "$postgres_bin/postgres" "${postgres_arguments[@]}"
    -D "$standby_dir/data" -c "unix_socket_directories=$standby_dir")
}
