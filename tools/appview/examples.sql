-- What to ask for first: the account with the most posts among those that follow somebody, and the post with the most
-- replies. One line: handle, DID, at-uri.
SELECT author.handle, author.did, thread.uri
FROM (
  SELECT handle, did FROM users JOIN user_aggregates ON user_id = id
  WHERE indexed_at IS NOT NULL AND status IS NULL AND handle IS NOT NULL AND follows_count > 0
  ORDER BY posts_count DESC, did LIMIT 1
) AS author, (
  SELECT 'at://' || did || '/app.bsky.feed.post/' || rkey AS uri
  FROM post_aggregates JOIN uris ON uris.id = post_id JOIN users ON users.id = repo_id
  WHERE status IS NULL AND collection = 1 /* post */ AND reply_count > 0
  ORDER BY reply_count DESC, did, rkey LIMIT 1
) AS thread;
