-- The cluster-ttl-ms of each node, since all nodes of a cluster need the same one (docs/CLUSTER.md). Null: of a
-- version that did not write it.
ALTER TABLE cluster_members ADD COLUMN ttl_ms bigint;
