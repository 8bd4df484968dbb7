#!/usr/bin/env bash
# Tries what is in this directory, on one machine: a primary, a standby, a PgBouncer, a relay that replays the
# sample, and three nodes, with the files as they are here, except that 10.0.0.N is 127.29.0.N. Shows the
# cluster, kills the leader, starts it again, kills the primary, promotes the standby, shows the cluster after
# each, and waits until the whole sample is indexed. Removes everything at its end.
#
# usage: deploy/cluster/try.sh BINARIES [--keep]
#
#   BINARIES  the directory with prismd, prismctl and prism-replay (build/release/tools)
#   --keep    leave all of it running until SIGINT (Ctrl-C)
#
# Needs root (as in production, PostgreSQL and PgBouncer run as postgres). Takes two minutes. Last line:
# N takeovers, 0 failed; what does not come in time ends it with 1.

# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
# shellcheck source=scripts/lib-postgres.sh
source "$root/scripts/lib-postgres.sh"
program=deploy/cluster/try.sh

keep=0 binaries=
for word; do
  case $word in
  --help) show_help && exit ;;
  --keep) keep=1 ;;
  -*) usage_error "unknown option '$word'" ;;
  *) binaries=$(cd "$word" && pwd) ;;
  esac
done
[[ -n $binaries ]] || usage_error "BINARIES is missing"
((EUID == 0)) || die "must run as root"
for each in prismd prismctl prism-replay; do
  [[ -x $binaries/$each ]] || die "$binaries has no $each"
done

make_scratch
find_postgres
postgres_user
cd "$scratch" || exit
here=$root/deploy/cluster
password=$(head -c 18 /dev/urandom | base64)
takeovers=0

# place FILE TARGET: a file of this directory, for this machine.
place() {
  sed -E -e 's/node-([123])\.example\.org/127.29.0.1\1/g; s/db\.example\.org/127.29.0.20/g' \
    -e 's|10\.0\.0\.2./32|127.0.0.1/32|; s/10\.0\.0\./127.29.0./g' \
    -e "s|/etc/prism/|$scratch/|; s|/etc/pgbouncer/|$scratch/|; s|/run/postgresql|$scratch/run|" \
    -e "s|/var/log/postgresql/|$scratch/run/|; s|^(relay-url = ).*|\1\"ws://127.0.0.1:${relay_port:-0}\"|" \
    "$here/$1" >"$2"
}

as_user_postgres() { "${as_postgres[@]}" "$@"; }
# ask DB SQL: as a person on the machine of db-1 or db-2.
ask() { as_user_postgres psql -XqtA -h "$scratch/$1" -U postgres -d "${3:-postgres}" -c "$2"; }
answers() { ask "$1" 'SELECT 1' >/dev/null 2>&1; }

start_server() { # db-1 or db-2
  setpriv "${as_postgres[@]:1}" --pdeathsig INT -- "$postgres_bin/postgres" -D "$scratch/$1/data" \
    -c unix_socket_directories="$scratch/$1" >>"$1.log" 2>&1 &
  children+=($!)
  echo $! >"$1.pid"
  wait_until 60 "$1 does not start, see $scratch/$1.log" answers "$1"
}

start_primary() {
  mkdir db-1 && chown postgres: db-1
  as_user_postgres "$postgres_bin/initdb" -D db-1/data --auth=peer --encoding=UTF8 --locale=C --no-sync \
    >initdb.log
  as_user_postgres mkdir db-1/data/conf.d
  place postgresql.conf db-1/data/conf.d/prism.conf
  place pg_hba.conf db-1/data/pg_hba.conf
  echo "include_dir = 'conf.d'" >>db-1/data/postgresql.conf
  start_server db-1
  ask db-1 "CREATE ROLE prism LOGIN PASSWORD '$password'"
  ask db-1 "CREATE ROLE replicator LOGIN REPLICATION PASSWORD '$password'"
  ask db-1 "CREATE DATABASE prism OWNER prism ENCODING UTF8 TEMPLATE template0"
}

start_standby() {
  mkdir db-2 && chown postgres: db-2
  printf '%s\n' "127.29.0.21:5432:*:replicator:$password" >db-2/pgpass
  chown postgres: db-2/pgpass && chmod 600 db-2/pgpass
  as_user_postgres env PGPASSFILE="$scratch/db-2/pgpass" "$postgres_bin/pg_basebackup" \
    -d "host=127.29.0.21 user=replicator application_name=db_2 passfile=$scratch/db-2/pgpass" \
    -D db-2/data --write-recovery-conf --create-slot --slot=db_2 --checkpoint=fast
  sed -i 's/127\.29\.0\.21/127.29.0.22/' db-2/data/conf.d/prism.conf
  start_server db-2
  wait_until 30 "the standby does not stream" streams
}
streams() { [[ $(ask db-1 "SELECT state FROM pg_stat_replication WHERE application_name = 'db_2'") == streaming ]]; }

start_pooler() {
  mkdir run && chown postgres: run
  printf '"prism" "%s"\n' "$password" >userlist.txt
  place pgbouncer.ini pgbouncer.ini
  chown postgres: userlist.txt pgbouncer.ini
  start_child "${as_postgres[@]}" "$(PATH=$PATH:/usr/sbin command -v pgbouncer)" -q pgbouncer.ini
  printf '127.29.0.20:6432:prism:prism:%s\n' "$password" >pgpass && chmod 600 pgpass
  wait_until 30 "PgBouncer does not answer" env PGPASSFILE="$scratch/pgpass" \
    psql -Xq -h 127.29.0.20 -p 6432 -U prism -d prism -o /dev/null -c 'SELECT 1'
}

make_certificates() {
  "$binaries/prismctl" tls init tls --name production >/dev/null
  for n in 1 2 3; do "$binaries/prismctl" tls issue tls --role node "node-$n" --host "127.29.0.1$n" >/dev/null; done
  "$binaries/prismctl" tls issue tls --role operator ann >/dev/null
}

start_node() {
  start_child "$binaries/prismd" --config-file="$scratch/node-$1.conf" --start-cursor=oldest \
    --identity-lookups=off 2>>"node-$1.log"
  node_pid[$1]=$started
}
# ctl COMMAND...: asks the first node that answers.
ctl() {
  local n
  for n in 1 2 3; do
    "$binaries/prismctl" --certificate tls/ann.crt --key tls/ann.key --authority tls/ca.crt \
      --node "127.29.0.1$n" "$@" 2>ctl.err && return
  done
  return 1
}
# cluster EXPRESSION: of Python, over `view`, the answer of `prismctl cluster`.
cluster() {
  ctl --json cluster 2>/dev/null | python3 -c '
import json, sys
view = json.loads(sys.stdin.readline() or "{}")
view = view.get("data", view)
live = [each for each in view.get("members", []) if not each["state"].startswith("dead")]
value = eval(f"({sys.argv[1]})")
sys.exit(0 if value is True else 1) if isinstance(value, bool) else print(value)' "$1"
}
# Every live member has its share, and nobody is expired: N members.
settled() {
  cluster "len(live) == $1 and all(m['state'] in ('leader', 'member') and m['shards'] == 12 // $1 for m in live)
    and sum(m['state'] == 'leader' for m in live) == 1 and bool(view.get('agrees'))" 2>>settled.err
}
show() {
  say "== $1"
  ctl cluster || cat ctl.err >&2
}
leader() { cluster "next(m['name'] for m in live if m['state'] == 'leader')"; }
led_by_other() { [[ $(leader 2>/dev/null) == node-* && $(leader) != "$1" ]]; }
seconds_until() { # LIMIT WHAT COMMAND...
  local begun=$EPOCHREALTIME
  wait_until "$@"
  python3 -c "print(f'{$EPOCHREALTIME - $begun:.1f} s')"
}

say "== PostgreSQL, its standby, PgBouncer, certificates and the relay, in $scratch"
start_primary
start_standby
start_pooler
make_certificates
start_child "$binaries/prism-replay" --base "$root/sample/small" --rate 100 --port-file port >replay.log 2>&1
wait_until 30 "the relay does not listen" test -s port
relay_port=$(<port)

declare -A node_pid lines
for n in 1 2 3; do
  place "node-$n.conf" "node-$n.conf"
  start_node "$n"
done
wait_until 60 "three nodes do not share the shards" settled 3
show "three nodes"

dead=$(leader)
say "== the leader, $dead, is killed with SIGKILL"
kill -KILL "${node_pid[${dead#node-}]}"
{ wait "${node_pid[${dead#node-}]}" || true; } 2>/dev/null
say "another one leads after $(seconds_until 20 "nobody else leads" led_by_other "$dead")"
takeovers=$((takeovers + 1))
wait_until 20 "two nodes do not share the shards" settled 2
show "two nodes"

start_node "${dead#node-}"
say "three share the shards $(seconds_until 30 "the node does not get its shards again" settled 3) after $dead was started again"

say "== the primary is ended as by a crash, and the standby promoted"
for n in 1 2 3; do lines[n]=$(wc -l <"node-$n.log"); done
ask db-1 "SELECT 'sent ' || sent_lsn || ', flushed by the standby ' || flush_lsn FROM pg_stat_replication" >&2
kill -QUIT "$(<db-1.pid)"
as_user_postgres "$postgres_bin/pg_ctl" -s -D db-2/data promote
sed -i 's/127\.29\.0\.21/127.29.0.22/' pgbouncer.ini
kill -HUP "$(<run/pgbouncer.pid)"
all_began_again() {
  local n
  for n in 1 2 3; do
    tail -n +"$((lines[n] + 1))" "node-$n.log" | grep -q "beginning again from what the database has" || return
  done
  settled 3
}
say "three nodes work on db-2 after $(seconds_until 90 "the nodes do not go on" all_began_again)"
takeovers=$((takeovers + 1))
show "after the failover of the database"

frames=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["frames"])' "$root/sample/small.meta.json")
all_indexed() { [[ $(ask db-2 'SELECT min(seq) FROM firehose_cursor' prism 2>/dev/null) -ge $frames ]]; }
say "the whole sample is indexed $(seconds_until 240 "not everything is indexed" all_indexed) later"
if ((keep)); then
  say "all of it runs in $scratch until Ctrl-C"
  wait
fi
echo "$takeovers takeovers, 0 failed"
