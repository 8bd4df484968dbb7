-- prism: no-transaction
-- Lists by time, as the official AppView orders them (db/reads/sorted_page.hpp): each index ends with the
-- earlier of createdAt and the commit's time. Each names the methods that read it and what it costs a
-- record (docs/DATAPLANE.md has how that was measured). An interrupted build is built again.

-- GetLikesBySubjectSorted, GetKnownLikers.
DROP INDEX CONCURRENTLY IF EXISTS likes_subject_time;
CREATE INDEX CONCURRENTLY likes_subject_time ON likes (subject_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate;
-- GetActorLikes.
DROP INDEX CONCURRENTLY IF EXISTS likes_creator_time;
CREATE INDEX CONCURRENTLY likes_creator_time ON likes (creator_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate;
-- GetRepostsBySubject.
DROP INDEX CONCURRENTLY IF EXISTS reposts_subject_time;
CREATE INDEX CONCURRENTLY reposts_subject_time ON reposts (subject_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate;
-- GetFollowers.
DROP INDEX CONCURRENTLY IF EXISTS follows_subject_time;
CREATE INDEX CONCURRENTLY follows_subject_time ON follows (subject_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate;
-- GetFollows.
DROP INDEX CONCURRENTLY IF EXISTS follows_creator_time;
CREATE INDEX CONCURRENTLY follows_creator_time ON follows (creator_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate;
-- GetBlocks.
DROP INDEX CONCURRENTLY IF EXISTS blocks_creator_time;
CREATE INDEX CONCURRENTLY blocks_creator_time ON blocks (creator_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate;
-- GetListMembers.
DROP INDEX CONCURRENTLY IF EXISTS list_items_list_time;
CREATE INDEX CONCURRENTLY list_items_list_time ON list_items (list_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate;
-- GetRelationships and GetBlockExistence (blocked by a list that the other is on).
DROP INDEX CONCURRENTLY IF EXISTS list_items_subject;
CREATE INDEX CONCURRENTLY list_items_subject ON list_items (subject_id, list_id) WHERE NOT duplicate;
-- GetBlocklistSubscriptions; the lists by which a user blocks.
DROP INDEX CONCURRENTLY IF EXISTS list_blocks_creator_time;
CREATE INDEX CONCURRENTLY list_blocks_creator_time ON list_blocks (creator_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate;
-- GetActorLists, GetActorFeeds, GetActorStarterPacks. They replace the indexes by creator alone.
DROP INDEX CONCURRENTLY IF EXISTS lists_creator_time;
CREATE INDEX CONCURRENTLY lists_creator_time ON lists (creator_id, least(created_at, commit_time) DESC);
DROP INDEX CONCURRENTLY IF EXISTS feed_generators_creator_time;
CREATE INDEX CONCURRENTLY feed_generators_creator_time
  ON feed_generators (creator_id, least(created_at, commit_time) DESC);
DROP INDEX CONCURRENTLY IF EXISTS starter_packs_creator_time;
CREATE INDEX CONCURRENTLY starter_packs_creator_time
  ON starter_packs (creator_id, least(created_at, commit_time) DESC);
DROP INDEX CONCURRENTLY IF EXISTS lists_creator;
DROP INDEX CONCURRENTLY IF EXISTS feed_generators_creator;
DROP INDEX CONCURRENTLY IF EXISTS starter_packs_creator;
-- GetQuotesBySubjectSorted.
DROP INDEX CONCURRENTLY IF EXISTS posts_quoted_time;
CREATE INDEX CONCURRENTLY posts_quoted_time ON posts (quoted_id, least(created_at, commit_time) DESC)
  WHERE quoted_id IS NOT NULL;
-- GetListFeed: posts of members, without reposts.
DROP INDEX CONCURRENTLY IF EXISTS posts_creator_time;
CREATE INDEX CONCURRENTLY posts_creator_time ON posts (creator_id, least(created_at, commit_time) DESC);
-- GetStarterPackCounts.
DROP INDEX CONCURRENTLY IF EXISTS profiles_joined_via;
CREATE INDEX CONCURRENTLY profiles_joined_via ON profiles (joined_via_id, commit_time)
  WHERE joined_via_id IS NOT NULL;
