-- The rows of network.sql as the official AppView's tables have them: for each table a view of its name and columns.
-- Only what the generator writes is here.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE VIEW synthetic.actor AS
  SELECT did, handle, synthetic.iso(indexed_at) AS "indexedAt", status AS "upstreamStatus" FROM users ORDER BY id;
CREATE VIEW synthetic.actor_sync AS
  SELECT did, synthetic.cid_text(commit_cid) AS "commitCid", rev AS "repoRev" FROM repos JOIN users ON id = user_id;
CREATE VIEW synthetic.profile AS
  SELECT 'at://' || did || '/app.bsky.actor.profile/self' AS uri, synthetic.cid_text(cid) AS cid, did AS creator,
    display_name AS "displayName", description, synthetic.blob_text(31, creator_id) AS "avatarCid",
    synthetic.iso(created_at) AS "createdAt", synthetic.iso(commit_time) AS "indexedAt"
  FROM profiles JOIN users ON users.id = creator_id ORDER BY creator_id;
CREATE VIEW synthetic.follow AS
  SELECT 'at://' || c.did || '/app.bsky.graph.follow/' || rkey AS uri, synthetic.cid_text(cid) AS cid, c.did AS creator,
    s.did AS "subjectDid", synthetic.iso(created_at) AS "createdAt", synthetic.iso(commit_time) AS "indexedAt"
  FROM follows JOIN users c ON c.id = creator_id JOIN users s ON s.id = subject_id ORDER BY commit_time;
CREATE VIEW synthetic.actor_block AS
  SELECT 'at://' || c.did || '/app.bsky.graph.block/' || rkey AS uri, synthetic.cid_text(cid) AS cid, c.did AS creator,
    s.did AS "subjectDid", synthetic.iso(created_at) AS "createdAt", synthetic.iso(commit_time) AS "indexedAt"
  FROM blocks JOIN users c ON c.id = creator_id JOIN users s ON s.id = subject_id ORDER BY commit_time;
CREATE VIEW synthetic."like" AS
  SELECT 'at://' || did || '/app.bsky.feed.like/' || rkey AS uri, synthetic.cid_text(cid) AS cid, did AS creator, n.uri AS subject,
    synthetic.cid_text(subject_cid) AS "subjectCid", synthetic.iso(created_at) AS "createdAt", synthetic.iso(commit_time) AS "indexedAt"
  FROM likes JOIN users ON users.id = creator_id JOIN synthetic.names n ON n.id = subject_id ORDER BY commit_time;
CREATE VIEW synthetic.repost AS
  SELECT 'at://' || did || '/app.bsky.feed.repost/' || rkey AS uri, synthetic.cid_text(cid) AS cid, did AS creator, n.uri AS subject,
    synthetic.cid_text(subject_cid) AS "subjectCid", synthetic.iso(created_at) AS "createdAt", synthetic.iso(commit_time) AS "indexedAt"
  FROM reposts JOIN users ON users.id = creator_id JOIN synthetic.names n ON n.id = subject_id ORDER BY commit_time;
CREATE VIEW synthetic.post AS
  SELECT n.uri, synthetic.cid_text(cid) AS cid, did AS creator, text, r.uri AS "replyRoot",
    synthetic.cid_text(reply_root_cid) AS "replyRootCid", p.uri AS "replyParent", synthetic.cid_text(reply_parent_cid) AS "replyParentCid",
    synthetic.iso(created_at) AS "createdAt", synthetic.iso(commit_time) AS "indexedAt", '["en"]'::jsonb AS langs
  FROM posts JOIN users ON users.id = creator_id JOIN synthetic.names n ON n.id = posts.id
    LEFT JOIN synthetic.names r ON r.id = reply_root_id LEFT JOIN synthetic.names p ON p.id = reply_parent_id ORDER BY posts.id;
CREATE VIEW synthetic.post_embed_image AS
  SELECT uri AS "postUri", '0' AS "position", synthetic.blob_text(30, posts.id) AS "imageCid", synthetic.words(posts.id, 0, 60) AS alt
  FROM posts JOIN synthetic.names USING (id) WHERE embed ->> '$type' = 'app.bsky.embed.images' ORDER BY posts.id;
CREATE VIEW synthetic.post_embed_external AS
  SELECT n.uri AS "postUri", e ->> 'uri' AS uri, e ->> 'title' AS title, e ->> 'description' AS description
  FROM posts JOIN synthetic.names n USING (id), LATERAL (SELECT embed -> 'external' AS e) x WHERE e IS NOT NULL ORDER BY posts.id;
CREATE VIEW synthetic.post_embed_record AS
  SELECT n.uri AS "postUri", q.uri AS "embedUri", synthetic.cid_text(synthetic.cid(1, quoted_id)) AS "embedCid"
  FROM posts JOIN synthetic.names n USING (id) JOIN synthetic.names q ON q.id = quoted_id ORDER BY posts.id;
CREATE VIEW synthetic.quote AS
  SELECT n.uri, synthetic.cid_text(cid) AS cid, q.uri AS subject, synthetic.cid_text(synthetic.cid(1, quoted_id)) AS "subjectCid",
    synthetic.iso(created_at) AS "createdAt", synthetic.iso(commit_time) AS "indexedAt"
  FROM posts JOIN synthetic.names n USING (id) JOIN synthetic.names q ON q.id = quoted_id ORDER BY posts.id;
CREATE VIEW synthetic.op_thread_reply AS
  SELECT r.uri AS "rootUri", p.uri AS "parentUri", n.uri FROM posts JOIN synthetic.names n USING (id)
    JOIN uris root ON root.id = reply_root_id AND repo_id = creator_id
    JOIN synthetic.names r ON r.id = reply_root_id JOIN synthetic.names p ON p.id = reply_parent_id ORDER BY posts.id;
CREATE VIEW synthetic.post_agg AS
  SELECT uri, like_count AS "likeCount", reply_count AS "replyCount", repost_count AS "repostCount", quote_count AS "quoteCount"
  FROM post_aggregates JOIN synthetic.names ON id = post_id ORDER BY id;
CREATE VIEW synthetic.profile_agg AS
  SELECT did, followers_count AS "followersCount", follows_count AS "followsCount", posts_count AS "postsCount"
  FROM user_aggregates JOIN users ON id = user_id ORDER BY id;
CREATE VIEW synthetic.feed_item AS
  SELECT * FROM (
    SELECT uri, synthetic.cid_text(cid) AS cid, 'post' AS type, uri AS "postUri", did AS "originatorDid", synthetic.iso(created_at) AS "sortAt"
      FROM posts JOIN synthetic.names USING (id) JOIN users ON users.id = creator_id
    UNION ALL
    SELECT uri, cid, 'repost', subject, creator, "createdAt" FROM synthetic.repost) items ORDER BY "sortAt";
CREATE VIEW synthetic.notification AS
  SELECT r.did, CASE reason
      WHEN 1 THEN 'at://' || a.did || '/app.bsky.feed.like/' || n.rkey WHEN 2 THEN 'at://' || a.did || '/app.bsky.feed.repost/' || n.rkey
      WHEN 3 THEN 'at://' || a.did || '/app.bsky.graph.follow/' || n.rkey ELSE 'at://' || a.did || '/app.bsky.feed.post/' || n.rkey
    END AS "recordUri",
    synthetic.cid_text(coalesce(l.cid, rp.cid, f.cid, p.cid)) AS "recordCid", a.did AS author,
    (ARRAY['like', 'repost', 'follow', NULL, 'reply', 'quote'])[reason] AS reason, s.uri AS "reasonSubject",
    synthetic.iso(n.created_at) AS "sortAt"
  FROM notifications n JOIN users r ON r.id = recipient_id JOIN users a ON a.id = author_id
    LEFT JOIN synthetic.names s ON s.id = subject_id
    LEFT JOIN likes l ON reason = 1 AND l.creator_id = author_id AND l.rkey = n.rkey
    LEFT JOIN reposts rp ON reason = 2 AND rp.creator_id = author_id AND rp.rkey = n.rkey
    LEFT JOIN follows f ON reason = 3 AND f.creator_id = author_id AND f.rkey = n.rkey
    LEFT JOIN uris u ON reason > 4 AND u.repo_id = author_id AND u.collection = 1 /* post */ AND u.rkey = n.rkey
    LEFT JOIN posts p ON p.id = u.id
  ORDER BY n.created_at;

CREATE VIEW synthetic.record AS
  SELECT * FROM (
    SELECT n.uri, synthetic.cid_text(cid) AS cid, did, format('{"text":%s,"$type":"app.bsky.feed.post",%s"langs":["en"],%s"createdAt":"%s"}',
        to_json(text), '"embed":' || synthetic.embed(posts.id, q.uri, synthetic.cid_text(synthetic.cid(1, quoted_id))) || ',',
        CASE WHEN r.uri IS NOT NULL THEN format('"reply":{"root":{"cid":"%s","uri":"%s"},"parent":{"cid":"%s","uri":"%s"}},',
          synthetic.cid_text(reply_root_cid), r.uri, synthetic.cid_text(reply_parent_cid), p.uri) END,
        synthetic.iso(created_at)) AS json,
      synthetic.iso(commit_time) AS "indexedAt"
      FROM posts JOIN users ON users.id = creator_id JOIN synthetic.names n ON n.id = posts.id LEFT JOIN synthetic.names q ON q.id = quoted_id
        LEFT JOIN synthetic.names r ON r.id = reply_root_id LEFT JOIN synthetic.names p ON p.id = reply_parent_id
    UNION ALL
    SELECT uri, cid, creator, format('{"$type":"app.bsky.feed.like","subject":{"cid":"%s","uri":"%s"},"createdAt":"%s"}', "subjectCid",
      subject, "createdAt"), "indexedAt" FROM synthetic."like"
    UNION ALL
    SELECT uri, cid, creator, format('{"$type":"app.bsky.feed.repost","subject":{"cid":"%s","uri":"%s"},"createdAt":"%s"}', "subjectCid",
      subject, "createdAt"), "indexedAt" FROM synthetic.repost
    UNION ALL
    SELECT uri, cid, creator, format('{"$type":"app.bsky.graph.follow","subject":"%s","createdAt":"%s"}', "subjectDid", "createdAt"),
      "indexedAt" FROM synthetic.follow
    UNION ALL
    SELECT uri, cid, creator, format('{"$type":"app.bsky.graph.block","subject":"%s","createdAt":"%s"}', "subjectDid", "createdAt"),
      "indexedAt" FROM synthetic.actor_block
    UNION ALL
    SELECT uri, cid, did, format('{"$type":"app.bsky.actor.profile","avatar":{"ref":{"$link":"%s"},"size":%s,"$type":"blob",'
        '"mimeType":"image/jpeg"},"createdAt":"%s","description":%s,"displayName":"%s"}', "avatarCid", 100000 + id % 900000, "createdAt",
        to_json(description), "displayName"), p."indexedAt"
      FROM synthetic.profile p JOIN users ON did = creator) records ORDER BY "indexedAt";
