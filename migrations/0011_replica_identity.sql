-- Every table can be published (FOR ALL TABLES: logical replication, change feeds, upgrades). A published
-- table without a key takes inserts only, and the first unlike would stop its shard. These two have no
-- natural key without nulls, and one made up for it would cost an index on the largest tables.
-- The whole old row is written to the log only where wal_level is logical.
ALTER TABLE feed_items REPLICA IDENTITY FULL;
ALTER TABLE notifications REPLICA IDENTITY FULL;
