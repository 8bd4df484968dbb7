# Sourced after lib.sh, lib-build.sh, lib-postgres.sh: what a cluster of nodes in network namespaces needs.
# shellcheck shell=bash

# The addresses of tools/cluster/network.py.
readonly relay_address=10.77.0.1 database_address=10.77.0.2 bouncer_address=10.77.0.3

# The namespaces of hosts are named in a directory of our own, and nothing of them is left when we end.
need_namespaces() {
  [[ ${own_network:-} == 1 ]] || die "network namespaces cannot be made here: this needs root"
  local each
  for each in ip nft nsenter pgbouncer; do
    command -v "$each" >/dev/null || die "$each is missing; run scripts/setup"
  done
  [[ -c /dev/net/tun ]] || die "there is no /dev/net/tun"
  mkdir -p /run/netns
  mount -t tmpfs prism /run/netns
}

# make_authority: an authority in $scratch/tls, with the certificate of an operator.
make_authority() {
  "$build_dir/tools/prismctl" tls init "$scratch/tls" --name prism-test >/dev/null
  "$build_dir/tools/prismctl" tls issue "$scratch/tls" --role operator operator >/dev/null
}

# start_postgres_for_cluster SETTING=VALUE...: as start_postgres; it also listens on the bridge, which is
# made later.
start_postgres_for_cluster() {
  start_postgres "$@"
  echo 'host all all 10.77.0.0/24 trust' >>"$postgres_dir/data/pg_hba.conf"
  postgres_arguments+=(-c "listen_addresses=$database_address")
}

# make_bouncer: sets $bouncer_command to a PgBouncer before it, with the settings that we deploy.
make_bouncer() {
  sed -E -e "s|^prism = .*|prism = host=$postgres_dir port=5432 dbname=prism user=prism|" \
    -e "s|^listen_addr =.*|listen_addr = $bouncer_address|" -e 's|^unix_socket_dir =.*|unix_socket_dir =|' \
    -e 's|^auth_type =.*|auth_type = any|' "$root/deploy/pgbouncer/pgbouncer.ini" >"$scratch/pgbouncer.ini"
  bouncer_command=("${as_postgres[@]}" pgbouncer "$scratch/pgbouncer.ini")
}

# make_cluster_node OPTION...: sets $node_command to a node of which run.py fills in name and addresses.
make_cluster_node() {
  node_command=(
    "$prismd" "--relay-url=ws://$relay_address:8000" --start-cursor=oldest "--data-dir=$scratch/node"
    "--database-url=host={database} port={database_port} user=prism dbname=prism"
    "--metrics-listen={address}:{metrics}" --backoff-min-ms=50 --backoff-max-ms=1000 --db-pool-size=16
    "--node-name={name}" "--cluster-listen={address}:{link}" "--cluster-address={address}:{link}"
    "--tunnel-listen={address}:{tunnel}" "--tunnel-certificate=$scratch/tls/{name}.crt"
    "--tunnel-key=$scratch/tls/{name}.key" "--tunnel-authority=$scratch/tls/ca.crt"
    "--tunnel-revoked=$scratch/tls/crl.pem" --allow-private-addresses=yes "$@"
  )
}
