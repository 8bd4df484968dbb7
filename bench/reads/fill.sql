-- A social network of about 2.2 million rows, the same each time, skewed like a real one: few are followed by
-- many, few posts get most of the likes. For tests of plans and for the bench of reads.
-- User 1 follows 5,000, user 2 follows 500, user 3 follows 100, user 4 follows 10; all others about 15.

CREATE FUNCTION pg_temp.rnd(n bigint, salt bigint) RETURNS double precision LANGUAGE sql IMMUTABLE AS
  'SELECT (hashint8extended(n, salt) & 1073741823) / 1073741824.0::float8';
-- 1 … high; the greater `skew`, the more often a low one.
CREATE FUNCTION pg_temp.pick(n bigint, salt bigint, high bigint, skew double precision) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS 'SELECT 1 + floor(high * power(pg_temp.rnd(n, salt), skew))::bigint';
-- Every 50th event shares its minute with others.
CREATE FUNCTION pg_temp.at(n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
  'SELECT CASE WHEN n % 50 = 0 THEN timestamptz ''2024-11-23T00:00Z'' + n / 6000 * interval ''1 minute''
     ELSE timestamptz ''2024-11-23T00:00Z'' + n * interval ''10 milliseconds'' END';

INSERT INTO users (id, did, handle, indexed_at, status) OVERRIDING SYSTEM VALUE
  SELECT i, 'did:plc:' || lpad(i::text, 24, '0'), 'user' || i || '.test', pg_temp.at(i),
    CASE WHEN i > 10 AND i % 100 = 0 THEN 'takendown' WHEN i > 10 AND i % 100 = 50 THEN 'deactivated' END
  FROM generate_series(1, 20000) i;

INSERT INTO follows (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid)
  SELECT creator_id, subject_id, pg_temp.at(min(i)), pg_temp.at(min(i)), lpad(min(i)::text, 13, '0'), false, '\x01'
  FROM (
    SELECT i, pg_temp.pick(i, 1, 19990, 1) + 10 AS creator_id, pg_temp.pick(i, 2, 20000, 3) AS subject_id
      FROM generate_series(1, 300000) i
    UNION ALL SELECT 300000 + i, 1, i * 3 FROM generate_series(1, 5000) i
    UNION ALL SELECT 400000 + i, 2, i * 7 FROM generate_series(1, 500) i
    UNION ALL SELECT 500000 + i, 3, i * 13 FROM generate_series(1, 100) i
    UNION ALL SELECT 600000 + i, 4, i * 17 FROM generate_series(1, 10) i) f
  WHERE creator_id <> subject_id GROUP BY 1, 2;

INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE
  SELECT i, pg_temp.pick(i, 3, 20000, 2), 1, lpad(i::text, 13, '0') FROM generate_series(1, 200000) i
  UNION ALL SELECT 200000 + i, i, 9, 'list' FROM generate_series(1, 200) i
  UNION ALL SELECT 210000 + i, i, 12, 'pack' FROM generate_series(1, 2000) i
  UNION ALL SELECT 220000 + i, i, 6, 'feed' FROM generate_series(1, 50) i;
-- 40 % answer an earlier post, the first ones above all; 10 % quote one; 5 % have images, 1 % a video.
INSERT INTO posts (id, creator_id, created_at, commit_time, commit_seq, place, reply_root_id, reply_parent_id,
    quoted_id, violates_thread_gate, cid, text, embed, reply_root_cid)
  SELECT i, repo_id, pg_temp.at(i), pg_temp.at(i), i, i * 256, parent, parent, CASE WHEN i % 10 = 7 THEN pg_temp.pick(i, 6, i - 1, 4) END,
    CASE WHEN parent IS NOT NULL AND i % 97 = 0 THEN true END, convert_to('cid' || i, 'UTF8'), 'post ' || i,
    CASE WHEN i % 20 = 1 THEN jsonb '{"$type": "app.bsky.embed.images", "images": [{"alt": ""}]}'
      WHEN i % 100 = 2 THEN jsonb '{"$type": "app.bsky.embed.video"}' END,
    CASE WHEN parent IS NOT NULL THEN '\x01'::bytea END
  FROM (SELECT id AS i, repo_id, CASE WHEN id > 100 AND id % 5 < 2 THEN pg_temp.pick(id, 5, id - 1, 3) END AS parent
        FROM uris WHERE collection = 1) u;

-- Authors hide every seventh reply, and take their posts out of every third quote.
INSERT INTO thread_gates (id, creator_id, created_at, commit_time, hidden_replies, cid, record)
  SELECT g.id, p.creator_id, p.created_at, p.commit_time, g.hidden, '\x01', '\x01'
  FROM (SELECT reply_root_id AS id, array_agg(id) AS hidden FROM posts WHERE reply_root_id IS NOT NULL AND id % 7 = 0
        GROUP BY 1) g JOIN posts p USING (id);
INSERT INTO post_gates (id, creator_id, created_at, commit_time, embedding_disabled, detached, cid, record)
  SELECT g.id, p.creator_id, p.created_at, p.commit_time, false, g.detached, '\x01', '\x01'
  FROM (SELECT quoted_id AS id, array_agg(id) AS detached FROM posts WHERE quoted_id IS NOT NULL AND id % 3 = 0
        GROUP BY 1) g JOIN posts p USING (id);

INSERT INTO reposts (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid, subject_cid)
  SELECT creator_id, subject_id, pg_temp.at(min(i) * 3), pg_temp.at(min(i) * 3), lpad(min(i)::text, 13, '0'), false,
    convert_to('repost' || min(i), 'UTF8'), '\x01'
  FROM (SELECT i, pg_temp.pick(i, 7, 20000, 2) AS creator_id, pg_temp.pick(i, 8, 200000, 3) AS subject_id
        FROM generate_series(1, 60000) i) r GROUP BY 1, 2;
-- Feed generators can be reposted as well; no feed shows that.
INSERT INTO reposts (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid, subject_cid)
  SELECT i, 220000 + 1 + i % 50, pg_temp.at(i * 9), pg_temp.at(i * 9), 'feed', false, convert_to('feed' || i, 'UTF8'), '\x01'
  FROM generate_series(1, 20000) i;
INSERT INTO likes (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid, subject_cid)
  SELECT creator_id, subject_id, pg_temp.at(min(i)), pg_temp.at(min(i)), lpad(min(i)::text, 13, '0'), false, '\x01', '\x01'
  FROM (SELECT i, pg_temp.pick(i, 9, 20000, 1) AS creator_id, pg_temp.pick(i, 10, 200000, 4) AS subject_id
        FROM generate_series(1, 250000) i) l GROUP BY 1, 2;

INSERT INTO lists (id, creator_id, created_at, commit_time, name, purpose, cid, record)
  SELECT 200000 + i, i, pg_temp.at(i), pg_temp.at(i), 'list ' || i, 'curatelist', '\x01', '\x01' FROM generate_series(1, 200) i;
INSERT INTO starter_packs (id, creator_id, created_at, commit_time, name, cid, record)
  SELECT 210000 + i, i, pg_temp.at(i), pg_temp.at(i), 'pack ' || i, '\x01', '\x01' FROM generate_series(1, 2000) i;
INSERT INTO list_items (creator_id, list_id, subject_id, created_at, commit_time, rkey, duplicate, cid, record)
  SELECT list_id - 200000, list_id, subject_id, pg_temp.at(min(i)), pg_temp.at(min(i)), lpad(min(i)::text, 13, '0'), false,
    '\x01', '\x01'
  FROM (SELECT i, 200000 + pg_temp.pick(i, 11, 200, 2) AS list_id, pg_temp.pick(i, 12, 20000, 1) AS subject_id
        FROM generate_series(1, 50000) i) m GROUP BY 2, 3;

INSERT INTO feed_items (originator_id, sort_at, post_id, repost_rkey)
  SELECT creator_id, commit_time, id, NULL FROM posts
  UNION ALL SELECT creator_id, commit_time, subject_id, rkey FROM reposts;

-- Reasons: db/notification.hpp.
INSERT INTO notifications (recipient_id, author_id, created_at, subject_id, reason, rkey)
  SELECT p.creator_id, l.creator_id, l.commit_time, p.id, 1, l.rkey FROM likes l JOIN posts p ON p.id = l.subject_id
    WHERE p.creator_id <> l.creator_id
  UNION ALL SELECT p.creator_id, r.creator_id, r.commit_time, p.id, 2, r.rkey FROM reposts r
    JOIN posts p ON p.id = r.subject_id WHERE p.creator_id <> r.creator_id
  UNION ALL SELECT subject_id, creator_id, commit_time, NULL, 3, rkey FROM follows
  UNION ALL SELECT i, 10000 + i, pg_temp.at(i), 210000 + i, 9, 'self' FROM generate_series(1, 2000) i
  UNION ALL SELECT p.creator_id, c.creator_id, c.commit_time, p.id, 5, u.rkey FROM posts c JOIN uris u ON u.id = c.id
    JOIN posts p ON p.id = c.reply_parent_id WHERE p.creator_id <> c.creator_id;

-- Every fifth user joined by a starter pack, most of them by the first ones.
INSERT INTO profiles (creator_id, rkey, created_at, commit_time, display_name, description, joined_via_id, cid, record)
  SELECT id, 'self', indexed_at, indexed_at, 'User ' || id, 'text',
    CASE WHEN id % 5 = 0 THEN 210000 + pg_temp.pick(id, 13, 2000, 3) END, '\x01', '\x01' FROM users WHERE id % 3 > 0;
INSERT INTO user_aggregates (user_id, followers_count, follows_count, posts_count)
  SELECT id, coalesce(f.n, 0), coalesce(g.n, 0), coalesce(p.n, 0) FROM users
    LEFT JOIN (SELECT subject_id AS id, count(*) AS n FROM follows GROUP BY 1) f USING (id)
    LEFT JOIN (SELECT creator_id AS id, count(*) AS n FROM follows GROUP BY 1) g USING (id)
    LEFT JOIN (SELECT creator_id AS id, count(*) AS n FROM posts GROUP BY 1) p USING (id);
INSERT INTO post_aggregates (post_id, like_count, repost_count, reply_count, quote_count)
  SELECT id, coalesce(l.n, 0), coalesce(r.n, 0), coalesce(c.n, 0), coalesce(q.n, 0) FROM posts
    LEFT JOIN (SELECT subject_id AS id, count(*) AS n FROM likes GROUP BY 1) l USING (id)
    LEFT JOIN (SELECT subject_id AS id, count(*) AS n FROM reposts GROUP BY 1) r USING (id)
    LEFT JOIN (SELECT reply_parent_id AS id, count(*) AS n FROM posts WHERE violates_thread_gate IS NOT TRUE
               GROUP BY 1) c USING (id)
    LEFT JOIN (SELECT quoted_id AS id, count(*) AS n FROM posts GROUP BY 1) q USING (id);

-- Records of the other collections, and parked ones: some of each.
INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE
  SELECT 230000 + i, i, 9, 'second' FROM generate_series(1, 5000) i
  UNION ALL SELECT 240000 + i, i, 6, 'second' FROM generate_series(1, 5000) i;
INSERT INTO lists (id, creator_id, created_at, commit_time, name, purpose, cid, record)
  SELECT 230000 + i, i, pg_temp.at(i), pg_temp.at(i), 'second ' || i, 'curatelist', '\x01', '\x01'
  FROM generate_series(1, 5000) i;
INSERT INTO feed_generators (id, creator_id, created_at, commit_time, feed_did, display_name, cid, record)
  SELECT 240000 + i, i, pg_temp.at(i), pg_temp.at(i), 'did:web:feeds.test', 'feed ' || i, '\x01', '\x01'
  FROM generate_series(1, 5000) i;
INSERT INTO list_aggregates (list_id, member_count) SELECT list_id, count(*) FROM list_items GROUP BY 1;
INSERT INTO list_aggregates (list_id, member_count) SELECT 230000 + i, 0 FROM generate_series(1, 5000) i;
INSERT INTO blocks (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid)
  SELECT creator_id, subject_id, pg_temp.at(min(i)), pg_temp.at(min(i)), lpad(min(i)::text, 13, '0'), false, '\x01'
  FROM (SELECT i, pg_temp.pick(i, 14, 20000, 1) AS creator_id, pg_temp.pick(i, 15, 20000, 2) AS subject_id
        FROM generate_series(1, 20000) i) b WHERE creator_id <> subject_id GROUP BY 1, 2;
INSERT INTO list_blocks (creator_id, list_id, created_at, commit_time, rkey, duplicate, cid, record)
  SELECT creator_id, list_id, pg_temp.at(min(i)), pg_temp.at(min(i)), lpad(min(i)::text, 13, '0'), false, '\x01', '\x01'
  FROM (SELECT i, pg_temp.pick(i, 16, 20000, 1) AS creator_id, 200000 + pg_temp.pick(i, 17, 200, 1) AS list_id
        FROM generate_series(1, 10000) i) b GROUP BY 1, 2;
INSERT INTO verifications (creator_id, subject_id, created_at, commit_time, rkey, duplicate, handle, display_name, cid,
    record)
  SELECT 1 + i % 7, i, pg_temp.at(i), pg_temp.at(i), lpad(i::text, 13, '0'), false, '', '', '\x01', '\x01'
  FROM generate_series(1, 10000) i;
INSERT INTO statuses (creator_id, rkey, created_at, commit_time, cid, record)
  SELECT i, 'self', pg_temp.at(i), pg_temp.at(i), '\x01', '\x01' FROM generate_series(1, 10000) i;
INSERT INTO labelers (creator_id, rkey, created_at, commit_time, cid, record)
  SELECT i, 'self', pg_temp.at(i), pg_temp.at(i), '\x01', '\x01' FROM generate_series(1, 10000) i;
INSERT INTO declarations (creator_id, collection, rkey, commit_time, cid, record)
  SELECT i, c, 'self', pg_temp.at(i), '\x01', '\x01' FROM generate_series(1, 10000) i, unnest(ARRAY[17, 18, 19]) c;
INSERT INTO reference_list_opt_outs (creator_id, list_id, created_at, commit_time, rkey, duplicate, cid, record, place)
  SELECT i, 200001 + i % 200, pg_temp.at(i), pg_temp.at(i), lpad(i::text, 13, '0'), false, '\x01', '\x01', i
  FROM generate_series(1, 10000) i;
INSERT INTO deleted_op_replies (creator_id, root_id, post_id, parent_id, place, deleted_at)
  SELECT creator_id, id, id + 1, id, place, commit_time FROM posts WHERE id % 10 = 1;
INSERT INTO pending_ops (referent_id, creator_id, collection, rkey, commit_time, created_at, cid, subject_cid)
  SELECT 250000 + i, 1 + i % 20000, 2 + i % 2, 'parked' || i, pg_temp.at(i), pg_temp.at(i), '\x01', '\x01'
  FROM generate_series(1, 20000) i;
INSERT INTO repos (user_id, rev, commit_cid, commit_time)
  SELECT id, lpad(id::text, 13, '0'), '\x01', indexed_at FROM users;
