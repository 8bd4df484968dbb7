-- prism: no-transaction
-- What the data plane reads besides lists by time: posts with images or video, the thread of a thread's
-- author, and opt-outs of reference lists. No existing row is rewritten. An interrupted run runs again.

-- Whether a post's embed shows images (at least one, alone or beside a quoted post), or a video. These two
-- are the flags; an index says of each post once whether it is set, also of posts from before. PostgreSQL
-- puts the body in their place wherever they are used, so they may never change.
CREATE OR REPLACE FUNCTION embeds_images(embed jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (CASE WHEN embed ->> '$type' = 'app.bsky.embed.recordWithMedia' THEN embed -> 'media' ELSE embed END)
    @? '$ ? (@."$type" == "app.bsky.embed.images" && exists(@.images[*])
          || @."$type" == "app.bsky.embed.gallery"
             && exists(@.items[*] ? (@."$type" == "app.bsky.embed.gallery#image")))'
$$;
CREATE OR REPLACE FUNCTION embeds_video(embed jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (CASE WHEN embed ->> '$type' = 'app.bsky.embed.recordWithMedia' THEN embed -> 'media' ELSE embed END)
    ->> '$type' = 'app.bsky.embed.video'
$$;
-- GetAuthorFeed, POSTS_WITH_MEDIA: the author's own posts with images, newest first.
DROP INDEX CONCURRENTLY IF EXISTS posts_images;
CREATE INDEX CONCURRENTLY posts_images ON posts (creator_id, least(created_at, commit_time) DESC)
  WHERE embeds_images(embed);
-- GetAuthorFeed, POSTS_WITH_VIDEO.
DROP INDEX CONCURRENTLY IF EXISTS posts_video;
CREATE INDEX CONCURRENTLY posts_video ON posts (creator_id, least(created_at, commit_time) DESC)
  WHERE embeds_video(embed);

-- GetThread.op_thread and GetPostRecords.op_threads: replies of a thread's author in his thread, which are
-- those whose creator owns their root (uris.repo_id). The condition is that of every reply; it keeps the index
-- away from the writers, as in 0016.
DROP INDEX CONCURRENTLY IF EXISTS posts_creator_root;
CREATE INDEX CONCURRENTLY posts_creator_root ON posts (creator_id, reply_root_id) WHERE reply_root_cid IS NOT NULL;
-- Such replies that were deleted, or moved to another thread by an update: each keeps its place in the
-- thread while replies below it are there. A row whose post is in the thread again counts for nothing.
-- Rows go with the account.
CREATE TABLE IF NOT EXISTS deleted_op_replies (
  creator_id bigint NOT NULL,       -- users.id: of the reply and of the root
  root_id bigint NOT NULL,          -- uris.id
  post_id bigint NOT NULL,          -- uris.id
  parent_id bigint NOT NULL,        -- uris.id
  place bigint NOT NULL,            -- of the operation that ended it
  deleted_at timestamptz NOT NULL,  -- that operation's commit_time
  PRIMARY KEY (creator_id, root_id, post_id)
);

-- app.bsky.graph.referencelistoptout: its author is left out where a reference list is shown.
CREATE TABLE IF NOT EXISTS reference_list_opt_outs (
  creator_id bigint NOT NULL,
  list_id bigint NOT NULL,          -- uris.id
  created_at timestamptz NOT NULL,
  commit_time timestamptz NOT NULL,
  rkey text COLLATE "C" NOT NULL,
  duplicate boolean NOT NULL,       -- a later one of the same list by the same user: kept, not counted
  cid bytea NOT NULL,
  record bytea NOT NULL,
  place bigint NOT NULL,
  PRIMARY KEY (creator_id, rkey)
);
-- GetListMembers, GetListFeed, GetReferencelistoptoutsByActorAndSubjects.
CREATE UNIQUE INDEX IF NOT EXISTS reference_list_opt_outs_list ON reference_list_opt_outs (list_id, creator_id)
  WHERE NOT duplicate;
-- The next in line when the counted one is deleted.
CREATE INDEX IF NOT EXISTS reference_list_opt_outs_duplicates ON reference_list_opt_outs (list_id, creator_id)
  WHERE duplicate;

-- GetLikesByActorAndSubjects, GetRepostsByActorAndSubjects: an account's parked like of a uri. And, as before, the
-- release of what waits for a uri.
DROP INDEX CONCURRENTLY IF EXISTS pending_ops_referent_new;
CREATE INDEX CONCURRENTLY pending_ops_referent_new ON pending_ops (referent_id, creator_id);
DROP INDEX CONCURRENTLY IF EXISTS pending_ops_referent;
ALTER INDEX pending_ops_referent_new RENAME TO pending_ops_referent;
