-- A network of about 1.1 times :records records in an empty database of ours, the same each time but for its times, which are
-- those of the last thirty days. Some people have the greater part of all followers, few posts get most of the likes. Of the
-- people one in 300 follows exactly 500, one in 60 exactly 100, one in 10 exactly 10. Rows come in the order of their events.
--   psql -d DATABASE -v records=1000000 -f network.sql
-- The functions stay in the schema `synthetic` for official_rows.sql.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
SET work_mem = '256MB';
SELECT date_trunc('hour', now()) - interval '30 days' AS began,
  :records * 3 / 100 AS people, :records / 5 AS posts, :records * 55 / 100 AS likes, :records * 8 / 100 AS reposts,
  :records * 12 / 100 AS follows, :records / 200 AS blocks \gset

CREATE SCHEMA synthetic;
CREATE FUNCTION synthetic.rnd(n bigint, salt bigint) RETURNS double precision LANGUAGE sql IMMUTABLE
  RETURN (hashint8extended(n, salt) & 1073741823) / 1073741824.0::float8;
-- 1 … high; the greater `skew`, the more often a low one.
CREATE FUNCTION synthetic.pick(n bigint, salt bigint, high bigint, skew double precision) RETURNS bigint
  LANGUAGE sql IMMUTABLE RETURN 1 + floor(high * power(synthetic.rnd(n, salt), skew))::bigint;
-- A part of the thirty days.
CREATE FUNCTION synthetic.at(part double precision) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  RETURN date_trunc('milliseconds', timestamptz :'began' + part * interval '30 days');
CREATE FUNCTION synthetic.lag(n bigint) RETURNS interval LANGUAGE sql IMMUTABLE
  RETURN (50 + n % 900) * interval '1 millisecond';
-- Forty bits that no other n of this kind has.
CREATE FUNCTION synthetic.mixed(kind integer, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN (n * 339767728001 + kind * 20101010101) & 1099511627775;
-- Forty bits in base32. Not in SQL: what is used more than once is not put in place of a call, and such a call is slow.
CREATE FUNCTION synthetic.letters(v bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE a constant text := 'abcdefghijklmnopqrstuvwxyz234567';
BEGIN
  RETURN substr(a, (v >> 35)::integer + 1, 1) || substr(a, (v >> 30 & 31)::integer + 1, 1) || substr(a, (v >> 25 & 31)::integer + 1, 1)
    || substr(a, (v >> 20 & 31)::integer + 1, 1) || substr(a, (v >> 15 & 31)::integer + 1, 1) || substr(a, (v >> 10 & 31)::integer + 1, 1)
    || substr(a, (v >> 5 & 31)::integer + 1, 1) || substr(a, (v & 31)::integer + 1, 1);
END $$;
-- Record keys of the form of TIDs, in the order of their times.
CREATE FUNCTION synthetic.tid(at timestamptz, n bigint) RETURNS text LANGUAGE sql IMMUTABLE RETURN translate(
  lpad(to_hex((extract(epoch FROM at) * 1000)::bigint << 11 | (n & 2047)), 13, '0'), '0123456789abcdef', '234567abcdefghij');
CREATE FUNCTION synthetic.did(n bigint) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN 'did:plc:' || synthetic.letters(synthetic.mixed(0, n)) || 'prismsyntheticpl';
-- CIDs have the form of true ones, but are of nothing. Kinds: 1 post, 2 like, 3 repost, 7 follow, 8 block, 14 profile, 30 image,
-- 31 picture of a person, 32 commit.
CREATE FUNCTION synthetic.cid(kind integer, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE
  RETURN '\x01711220a7'::bytea || substring(int8send(synthetic.mixed(kind, n)) FROM 4 FOR 5)
    || '\xbb4c8eb92b6ec7b9055c94a397581544693c61da0f8f6cbb8086'::bytea;
CREATE FUNCTION synthetic.cid_text(cid bytea) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN 'bafyreifh' || synthetic.letters(('x' || encode(substring(cid FROM 6 FOR 5), 'hex'))::bit(40)::bigint)
    || 'xngi5ojln3d3sbk4ssrzowavirutyyo2b6hwzo4aqy';
CREATE FUNCTION synthetic.blob_text(kind integer, n bigint) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN 'bafkreifh' || synthetic.letters(synthetic.mixed(kind, n)) || 'xngi5ojln3d3sbk4ssrzowavirutyyo2b6hwzo4aqy';
CREATE FUNCTION synthetic.words(n bigint, fewest integer, most integer) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN btrim(substr(repeat('the quick fox writes about firehoses, lazy dogs read it every morning; nobody knows why ☕ ', 5),
    1 + (n % 97)::integer, fewest + (synthetic.rnd(n, 99) * (most - fewest))::integer));

INSERT INTO users (id, did, handle, indexed_at, status) OVERRIDING SYSTEM VALUE
  SELECT i, synthetic.did(i), 'user' || i || '.test', synthetic.at(0), CASE WHEN i > 1000 AND i % 100 = 50 THEN 'deactivated' END
  FROM generate_series(1, :people) i;
SELECT setval(pg_get_serial_sequence('users', 'id'), :people) AS id \gset

-- What a person's record of itself says, and its block.
CREATE FUNCTION synthetic.cbor_text(t text) RETURNS bytea LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN octet_length(t) < 24 THEN set_byte('\x00', 0, 96 + octet_length(t))
    ELSE '\x78'::bytea || set_byte('\x00', 0, octet_length(t)) END || convert_to(t, 'UTF8');
CREATE FUNCTION synthetic.iso(at timestamptz) RETURNS text LANGUAGE sql STABLE
  RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
INSERT INTO profiles (creator_id, rkey, created_at, commit_time, display_name, description, cid, record)
  SELECT id, 'self', indexed_at, indexed_at, name, about, synthetic.cid(14, id), '\xa5'::bytea
    || synthetic.cbor_text('$type') || synthetic.cbor_text('app.bsky.actor.profile')
    || synthetic.cbor_text('avatar') || '\xa4'::bytea
      || synthetic.cbor_text('ref') || '\xd82a582500'::bytea || set_byte(synthetic.cid(31, id), 1, 85 /* raw */)
      || synthetic.cbor_text('size') || '\x1a'::bytea || int4send((100000 + id % 900000)::integer)
      || synthetic.cbor_text('$type') || synthetic.cbor_text('blob')
      || synthetic.cbor_text('mimeType') || synthetic.cbor_text('image/jpeg')
    || synthetic.cbor_text('createdAt') || synthetic.cbor_text(synthetic.iso(indexed_at))
    || synthetic.cbor_text('description') || synthetic.cbor_text(about)
    || synthetic.cbor_text('displayName') || synthetic.cbor_text(name)
  FROM (SELECT *, 'User ' || id AS name, synthetic.words(id, 30, 200) AS about FROM users) u;

-- Five people have many followers; those who follow exactly so many are others' followers only by that.
CREATE FUNCTION synthetic.wanted(n bigint) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN n % 300 = 1 THEN 500 WHEN n % 60 = 2 THEN 100 WHEN n % 10 = 3 THEN 10 END;
INSERT INTO follows (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid)
  SELECT creator, subject, at, at + synthetic.lag(n), synthetic.tid(at, n), false, synthetic.cid(7, n)
  FROM (
    SELECT *, row_number() OVER (ORDER BY subject, creator) AS n, synthetic.at(synthetic.rnd(creator * 1000003 + subject, 20)) AS at
    FROM (
      SELECT c AS creator, k AS subject FROM generate_series(1, :people) c,
        unnest(ARRAY[1, 2, 3, 4, 5], ARRAY[0.6, 0.4, 0.35, 0.2, 0.1]) AS famous(k, share)
        WHERE synthetic.wanted(c) IS NULL AND synthetic.rnd(c, 100 + k) < share
      UNION
      SELECT c, subject FROM (
        SELECT c, subject, row_number() OVER (PARTITION BY c ORDER BY subject) AS number FROM (
          SELECT DISTINCT c, synthetic.pick(c * 1000 + i, 21, :people, 2) AS subject
          FROM generate_series(1, :people) c, generate_series(1, synthetic.wanted(c) * 3 / 2) i) drawn WHERE subject <> c) numbered
        WHERE number <= synthetic.wanted(c)
      UNION
      SELECT c, subject FROM (SELECT synthetic.pick(i, 22, :people, 1) AS c, synthetic.pick(i, 23, :people, 3) AS subject
        FROM generate_series(1, :follows) i) others WHERE synthetic.wanted(c) IS NULL
    ) pairs WHERE creator <> subject
  ) f ORDER BY at;

-- 40 % of the posts answer an earlier one, the first ones above all; 10 % quote one, 20 % show an image, 10 % a page.
CREATE FUNCTION synthetic.embed(n bigint, quoted_uri text, quoted_cid text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN CASE
    WHEN quoted_uri IS NOT NULL THEN format('{"$type":"app.bsky.embed.record","record":{"cid":"%s","uri":"%s"}}', quoted_cid, quoted_uri)
    WHEN n % 5 = 1 THEN format('{"$type":"app.bsky.embed.images","images":[{"alt":"%s","image":{"ref":{"$link":"%s"},"size":%s,'
      '"$type":"blob","mimeType":"image/jpeg"},"aspectRatio":{"width":1200,"height":900}}]}', synthetic.words(n, 0, 60),
      synthetic.blob_text(30, n), 100000 + n % 900000)
    WHEN n % 10 = 2 THEN format('{"$type":"app.bsky.embed.external","external":{"uri":"https://news.test/%s","title":"%s",'
      '"description":"%s"}}', n, synthetic.words(n + 5, 20, 60), synthetic.words(n + 9, 60, 160)) END;
CREATE TABLE synthetic.posts AS
  SELECT i AS id, synthetic.pick(i, 3, :people, 2) AS creator, synthetic.at(i / :posts::float8) AS at,
    CASE WHEN i > 100 AND i % 5 < 2 THEN synthetic.pick(i, 5, i - 1, 3) END AS parent,
    CASE WHEN i % 10 = 7 THEN synthetic.pick(i, 6, i - 1, 2) END AS quoted
  FROM generate_series(1, :posts) i;
INSERT INTO uris (id, repo_id, collection, rkey) OVERRIDING SYSTEM VALUE
  SELECT id, creator, 1 /* post */, synthetic.tid(at, id) FROM synthetic.posts ORDER BY id;
SELECT setval(pg_get_serial_sequence('uris', 'id'), :posts) AS id \gset
CREATE TABLE synthetic.names AS
  SELECT uris.id, 'at://' || did || '/app.bsky.feed.post/' || rkey AS uri FROM uris JOIN users ON users.id = repo_id;
CREATE TABLE synthetic.roots AS
  WITH RECURSIVE r(id, root) AS (
    SELECT id, id FROM synthetic.posts WHERE parent IS NULL
    UNION ALL SELECT p.id, r.root FROM r JOIN synthetic.posts p ON p.parent = r.id)
  SELECT * FROM r WHERE id <> root;
ANALYZE synthetic.posts, synthetic.names, synthetic.roots;
INSERT INTO posts (id, creator_id, created_at, commit_time, commit_seq, place, reply_root_id, reply_parent_id, quoted_id, cid,
    reply_root_cid, reply_parent_cid, text, langs, embed)
  SELECT p.id, creator, at, at + synthetic.lag(p.id), p.id, p.id * 256, root, parent, quoted, synthetic.cid(1, p.id),
    CASE WHEN parent IS NOT NULL THEN synthetic.cid(1, root) END, CASE WHEN parent IS NOT NULL THEN synthetic.cid(1, parent) END,
    synthetic.words(p.id, 20, 220), ARRAY['en'], synthetic.embed(p.id, q.uri, synthetic.cid_text(synthetic.cid(1, quoted)))::jsonb
  FROM synthetic.posts p LEFT JOIN synthetic.roots ON roots.id = p.id LEFT JOIN synthetic.names q ON q.id = quoted ORDER BY p.id;

-- The posts that many like are of all times; a like comes after its post, mostly soon.
CREATE FUNCTION synthetic.engagements(many bigint, of_posts bigint, of_people bigint, salt bigint, by double precision, to_few double precision)
  RETURNS TABLE (n bigint, creator bigint, subject bigint, at timestamptz) LANGUAGE sql STABLE
  BEGIN ATOMIC
    SELECT i, c, s, synthetic.at(s / of_posts::float8 + (1 - s / of_posts::float8) * power(synthetic.rnd(i, salt + 2), 3))
    FROM (
      SELECT DISTINCT ON (s, c) i, c, s FROM (
        SELECT i, synthetic.pick(i, salt, of_people, by) AS c, 1 + synthetic.pick(i, salt + 1, of_posts, to_few) * 7919 % of_posts AS s
        FROM generate_series(1, many) i) drawn ORDER BY s, c, i) kept;
  END;
INSERT INTO likes (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid, subject_cid)
  SELECT creator, subject, at, at + synthetic.lag(n), synthetic.tid(at, n), false, synthetic.cid(2, n), synthetic.cid(1, subject)
  FROM synthetic.engagements(:likes, :posts, :people, 30, 1, 3) ORDER BY at;
INSERT INTO reposts (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid, subject_cid)
  SELECT creator, subject, at, at + synthetic.lag(n), synthetic.tid(at, n), false, synthetic.cid(3, n), synthetic.cid(1, subject)
  FROM synthetic.engagements(:reposts, :posts, :people, 40, 2, 3) ORDER BY at;
INSERT INTO blocks (creator_id, subject_id, created_at, commit_time, rkey, duplicate, cid)
  SELECT c, s, at, at + synthetic.lag(i), synthetic.tid(at, i), false, synthetic.cid(8, i)
  FROM (SELECT DISTINCT ON (c, s) *, synthetic.at(synthetic.rnd(i, 50)) AS at
    FROM (SELECT i, synthetic.pick(i, 51, :people, 1) AS c, synthetic.pick(i, 52, :people, 1) AS s FROM generate_series(1, :blocks) i) drawn
    WHERE c <> s ORDER BY c, s, i) b ORDER BY at;

INSERT INTO feed_items (originator_id, sort_at, post_id, repost_rkey)
  SELECT * FROM (
    SELECT creator_id, created_at AS at, id, NULL FROM posts
    UNION ALL SELECT creator_id, created_at, subject_id, rkey FROM reposts) items ORDER BY at;
-- Reasons: db/batch/notification.hpp. Of a reply its parent's author is told.
INSERT INTO notifications (recipient_id, author_id, created_at, subject_id, reason, rkey)
  SELECT * FROM (
    SELECT p.creator_id, l.creator_id, l.created_at AS at, p.id, 1, l.rkey FROM likes l JOIN posts p ON p.id = l.subject_id
      WHERE p.creator_id <> l.creator_id
    UNION ALL SELECT p.creator_id, r.creator_id, r.created_at, p.id, 2, r.rkey FROM reposts r JOIN posts p ON p.id = r.subject_id
      WHERE p.creator_id <> r.creator_id
    UNION ALL SELECT subject_id, creator_id, created_at, NULL, 3, rkey FROM follows
    UNION ALL SELECT p.creator_id, c.creator_id, c.created_at, p.id, 5, u.rkey FROM posts c JOIN uris u ON u.id = c.id
      JOIN posts p ON p.id = c.reply_parent_id WHERE p.creator_id <> c.creator_id
    UNION ALL SELECT p.creator_id, c.creator_id, c.created_at, p.id, 6, u.rkey FROM posts c JOIN uris u ON u.id = c.id
      JOIN posts p ON p.id = c.quoted_id WHERE p.creator_id <> c.creator_id) told ORDER BY at;
INSERT INTO user_aggregates (user_id, followers_count, follows_count, posts_count)
  SELECT id, coalesce(f.n, 0), coalesce(g.n, 0), coalesce(p.n, 0) FROM users
    LEFT JOIN (SELECT subject_id AS id, count(*) AS n FROM follows GROUP BY 1) f USING (id)
    LEFT JOIN (SELECT creator_id AS id, count(*) AS n FROM follows GROUP BY 1) g USING (id)
    LEFT JOIN (SELECT creator_id AS id, count(*) AS n FROM posts GROUP BY 1) p USING (id);
INSERT INTO post_aggregates (post_id, like_count, repost_count, reply_count, quote_count)
  SELECT id, coalesce(l.n, 0), coalesce(r.n, 0), coalesce(c.n, 0), coalesce(q.n, 0) FROM posts
    LEFT JOIN (SELECT subject_id AS id, count(*) AS n FROM likes GROUP BY 1) l USING (id)
    LEFT JOIN (SELECT subject_id AS id, count(*) AS n FROM reposts GROUP BY 1) r USING (id)
    LEFT JOIN (SELECT reply_parent_id AS id, count(*) AS n FROM posts GROUP BY 1) c USING (id)
    LEFT JOIN (SELECT quoted_id AS id, count(*) AS n FROM posts GROUP BY 1) q USING (id);
INSERT INTO repos (user_id, rev, commit_cid, commit_time)
  SELECT id, synthetic.tid(synthetic.at(1), id), synthetic.cid(32, id), synthetic.at(1) FROM users;
ANALYZE;
