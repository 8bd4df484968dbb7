-- prism: no-transaction
-- The indexes that find what is not older than a change go by place. Each is built beside the old one, so
-- readers go on meanwhile; what an interrupted build left behind is built again.

DROP INDEX CONCURRENTLY IF EXISTS posts_reply_root_new;
CREATE INDEX CONCURRENTLY posts_reply_root_new ON posts (reply_root_id, place) WHERE reply_root_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS posts_reply_root;
ALTER INDEX posts_reply_root_new RENAME TO posts_reply_root;

DROP INDEX CONCURRENTLY IF EXISTS posts_reply_parent_new;
CREATE INDEX CONCURRENTLY posts_reply_parent_new ON posts (reply_parent_id, place) WHERE reply_parent_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS posts_reply_parent;
ALTER INDEX posts_reply_parent_new RENAME TO posts_reply_parent;

DROP INDEX CONCURRENTLY IF EXISTS posts_quoted_new;
CREATE INDEX CONCURRENTLY posts_quoted_new ON posts (quoted_id, place, id) WHERE quoted_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS posts_quoted;
ALTER INDEX posts_quoted_new RENAME TO posts_quoted;

DROP INDEX CONCURRENTLY IF EXISTS posts_creator_new;
CREATE INDEX CONCURRENTLY posts_creator_new ON posts (creator_id, place);
DROP INDEX CONCURRENTLY IF EXISTS posts_creator;
ALTER INDEX posts_creator_new RENAME TO posts_creator;

-- Replies of a wrong root that are newer than a change: they may stand below it in another thread.
DROP INDEX CONCURRENTLY IF EXISTS posts_invalid_reply;
CREATE INDEX CONCURRENTLY posts_invalid_reply ON posts (place) WHERE invalid_reply_root;
