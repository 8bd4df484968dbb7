-- The reading side's three indexes.

-- Author feed and home timeline: newest items of one or more originators, without a sort.
CREATE INDEX feed_items_originator_sort_at ON feed_items (originator_id, sort_at DESC);
-- A user's notifications, newest first.
CREATE INDEX notifications_recipient_created_at ON notifications (recipient_id, created_at DESC);
-- Posts in the order of their commits, for readers that follow the table.
CREATE INDEX posts_commit ON posts (commit_seq, commit_time) WHERE commit_seq IS NOT NULL;
