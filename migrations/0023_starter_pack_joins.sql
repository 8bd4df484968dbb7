-- prism: no-transaction
-- GetStarterPackCounts: an account's own profile only. Its other profiles, of which there may be any number, are not counted.
DROP INDEX CONCURRENTLY IF EXISTS profiles_self_joined_via;
CREATE INDEX CONCURRENTLY profiles_self_joined_via ON profiles (joined_via_id, commit_time)
  WHERE joined_via_id IS NOT NULL AND rkey = 'self';
DROP INDEX CONCURRENTLY IF EXISTS profiles_joined_via;
