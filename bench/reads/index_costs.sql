-- What each of some indexes costs a record: bytes after the rows came in the order of their events, CPU of the
-- server's process, and bytes of log. Run with psql, as superuser, on a migrated database that fill.sql filled and
-- VACUUM ANALYZE has seen, of a server with full_page_writes off (for tables of which fill.sql makes few rows, run
-- grow_small_tables.sql before that):
--   psql -XAt -d DATABASE -v indexes='likes_subject_time likes_creator_time' -f bench/reads/index_costs.sql
-- A copy of each table takes all rows with all its indexes, then without one of them, three times in turn; the least
-- CPU of each counts. CPU is read in ticks of 10 ms: the rest is noise of some tenths of a microsecond.
\set QUIET on
SET client_min_messages = error;
SET jit = off;

-- A third of the posts has an image, one in twenty a video, of the usual size.
UPDATE posts SET embed = jsonb_build_object('$type', 'app.bsky.embed.images', 'images', jsonb_build_array(
    jsonb_build_object('alt', repeat('x', (id % 60)::int), 'aspectRatio', '{"width": 1200, "height": 900}'::jsonb, 'image',
      '{"$type": "blob", "ref": {"$link": "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"}, "mimeType": "image/jpeg", "size": 400000}'::jsonb)))
  WHERE id % 3 = 0;
UPDATE posts SET embed = jsonb_build_object('$type', 'app.bsky.embed.video', 'video',
    '{"$type": "blob", "ref": {"$link": "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"}, "mimeType": "video/mp4", "size": 4000000}'::jsonb)
  WHERE id % 20 = 1;

UPDATE posts SET reply_root_cid = '\x01' WHERE reply_root_id IS NOT NULL AND reply_root_cid IS NULL;

CREATE SCHEMA index_costs;
CREATE TABLE index_costs.runs (of text, without text, rows bigint, ticks bigint, log numeric);
CREATE TABLE index_costs.sizes (index text, rows bigint, bytes bigint);

CREATE FUNCTION index_costs.ticks() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT x[14]::bigint + x[15]::bigint FROM string_to_array(pg_read_file('/proc/self/stat'), ' ') AS x
$$;

-- Every row of `source` in the order of its events, 500 at a time, as a batch inserts them.
CREATE PROCEDURE index_costs.fill(source text, without text) LANGUAGE plpgsql AS $$
DECLARE
  def text; name text; began bigint; log_began pg_lsn; total bigint; at bigint := 0;
BEGIN
  EXECUTE format('CREATE TABLE index_costs.copy (LIKE public.%I INCLUDING DEFAULTS)', source);
  FOR name, def IN SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = source LOOP
    IF name IS DISTINCT FROM without THEN
      EXECUTE replace(def, ' ON public.' || source, ' ON index_costs.copy');
    END IF;
  END LOOP;
  EXECUTE format('CREATE TEMP TABLE arriving AS SELECT row_number() OVER (ORDER BY commit_time, ctid) AS n, t AS r FROM public.%I t', source);
  CREATE UNIQUE INDEX ON arriving (n);
  SELECT count(*) INTO total FROM arriving;
  began := index_costs.ticks();
  log_began := pg_current_wal_insert_lsn();
  WHILE at < total LOOP
    INSERT INTO index_costs.copy SELECT (r).* FROM arriving WHERE n > at AND n <= at + 500;
    at := at + 500;
  END LOOP;
  INSERT INTO index_costs.runs
    VALUES (source, without, total, index_costs.ticks() - began, pg_current_wal_insert_lsn() - log_began);
  IF without IS NULL THEN
    INSERT INTO index_costs.sizes SELECT indexrelid::regclass::text, total, pg_relation_size(indexrelid)
      FROM pg_index WHERE indrelid = 'index_costs.copy'::regclass;
  END IF;
  DROP TABLE index_costs.copy, arriving;
END $$;

SELECT format('CALL index_costs.fill(%L, %L)', t, i)
FROM generate_series(1, 3) AS round
CROSS JOIN (
  SELECT DISTINCT tablename::text AS t, NULL::text AS i FROM pg_indexes
    WHERE schemaname = 'public' AND indexname = ANY(string_to_array(:'indexes', ' '))
  UNION ALL
  SELECT tablename, indexname FROM pg_indexes
    WHERE schemaname = 'public' AND indexname = ANY(string_to_array(:'indexes', ' '))
) AS each
ORDER BY t, round, i NULLS FIRST
\gexec

-- index, rows of its table, bytes a row, microseconds a row, bytes of log a row
SELECT w.without, w.rows, round(s.bytes / w.rows::numeric, 1), round((a.ticks - w.ticks) * 10000.0 / w.rows, 2),
  round((a.log - w.log) / w.rows, 1)
FROM (SELECT of, without, rows, min(ticks) AS ticks, min(log) AS log FROM index_costs.runs GROUP BY 1, 2, 3) w
JOIN (SELECT of, min(ticks) AS ticks, min(log) AS log FROM index_costs.runs WHERE without IS NULL GROUP BY 1) a USING (of)
JOIN (SELECT index, max(bytes) AS bytes FROM index_costs.sizes GROUP BY 1) s ON s.index = 'index_costs.' || w.without
WHERE w.without IS NOT NULL
ORDER BY w.of, w.without;
SELECT '# all of ' || of, rows, round(min(ticks) * 10000.0 / rows, 2), round(min(log) / rows, 1)
FROM index_costs.runs WHERE without IS NULL GROUP BY of, rows ORDER BY of;
DROP SCHEMA index_costs CASCADE;
