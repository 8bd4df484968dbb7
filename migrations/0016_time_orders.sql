-- prism: no-transaction
-- Lists by time, as the official AppView orders them (db/reads/sorted_page.hpp): each index ends with the
-- earlier of createdAt and the commit's time. Each names the methods that read it; docs/DATAPLANE.md has what
-- each costs. An interrupted build is built again.
--
-- The condition on the time is always true. It keeps these indexes away from the writers, whose plans are made
-- while the tables may be empty, when one index looks as good as another: a new like would then be compared
-- with all likes of its author. What compares the time, or says that it IS NOT NULL, can use them.

-- GetLikesBySubjectSorted, GetKnownLikers.
DROP INDEX CONCURRENTLY IF EXISTS likes_subject_time;
CREATE INDEX CONCURRENTLY likes_subject_time ON likes (subject_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate AND least(created_at, commit_time) IS NOT NULL;
-- GetActorLikes.
DROP INDEX CONCURRENTLY IF EXISTS likes_creator_time;
CREATE INDEX CONCURRENTLY likes_creator_time ON likes (creator_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate AND least(created_at, commit_time) IS NOT NULL;
-- GetRepostsBySubject.
DROP INDEX CONCURRENTLY IF EXISTS reposts_subject_time;
CREATE INDEX CONCURRENTLY reposts_subject_time ON reposts (subject_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate AND least(created_at, commit_time) IS NOT NULL;
-- GetFollowers.
DROP INDEX CONCURRENTLY IF EXISTS follows_subject_time;
CREATE INDEX CONCURRENTLY follows_subject_time ON follows (subject_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate AND least(created_at, commit_time) IS NOT NULL;
-- GetFollows.
DROP INDEX CONCURRENTLY IF EXISTS follows_creator_time;
CREATE INDEX CONCURRENTLY follows_creator_time ON follows (creator_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate AND least(created_at, commit_time) IS NOT NULL;
-- GetBlocks.
DROP INDEX CONCURRENTLY IF EXISTS blocks_creator_time;
CREATE INDEX CONCURRENTLY blocks_creator_time ON blocks (creator_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate AND least(created_at, commit_time) IS NOT NULL;
-- GetListMembers.
DROP INDEX CONCURRENTLY IF EXISTS list_items_list_time;
CREATE INDEX CONCURRENTLY list_items_list_time ON list_items (list_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate AND least(created_at, commit_time) IS NOT NULL;
-- GetBlocklistSubscriptions; the lists by which a user blocks.
DROP INDEX CONCURRENTLY IF EXISTS list_blocks_creator_time;
CREATE INDEX CONCURRENTLY list_blocks_creator_time ON list_blocks (creator_id, least(created_at, commit_time) DESC)
  WHERE NOT duplicate AND least(created_at, commit_time) IS NOT NULL;
-- GetActorLists, GetActorFeeds (by createdAt alone), GetActorStarterPacks. They replace the indexes by creator
-- alone: what a user has made of each kind; purge of an account.
DROP INDEX CONCURRENTLY IF EXISTS lists_creator_time;
CREATE INDEX CONCURRENTLY lists_creator_time ON lists (creator_id, least(created_at, commit_time) DESC);
DROP INDEX CONCURRENTLY IF EXISTS feed_generators_creator_time;
CREATE INDEX CONCURRENTLY feed_generators_creator_time ON feed_generators (creator_id, created_at DESC);
DROP INDEX CONCURRENTLY IF EXISTS starter_packs_creator_time;
CREATE INDEX CONCURRENTLY starter_packs_creator_time
  ON starter_packs (creator_id, least(created_at, commit_time) DESC);
DROP INDEX CONCURRENTLY IF EXISTS lists_creator;
DROP INDEX CONCURRENTLY IF EXISTS feed_generators_creator;
DROP INDEX CONCURRENTLY IF EXISTS starter_packs_creator;
-- GetQuotesBySubjectSorted.
DROP INDEX CONCURRENTLY IF EXISTS posts_quoted_time;
CREATE INDEX CONCURRENTLY posts_quoted_time ON posts (quoted_id, least(created_at, commit_time) DESC)
  WHERE quoted_id IS NOT NULL AND least(created_at, commit_time) IS NOT NULL;
-- GetListFeed: posts of members, without reposts.
DROP INDEX CONCURRENTLY IF EXISTS posts_creator_time;
CREATE INDEX CONCURRENTLY posts_creator_time ON posts (creator_id, least(created_at, commit_time) DESC)
  WHERE least(created_at, commit_time) IS NOT NULL;
-- GetStarterPackCounts.
DROP INDEX CONCURRENTLY IF EXISTS profiles_joined_via;
CREATE INDEX CONCURRENTLY profiles_joined_via ON profiles (joined_via_id, commit_time)
  WHERE joined_via_id IS NOT NULL;
