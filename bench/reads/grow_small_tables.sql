-- Some 250,000 rows in each table of which fill.sql makes few, so that index_costs.sql can measure what its indexes
-- cost: CPU is read in ticks of 10 ms. Run with psql on a database that fill.sql filled, before VACUUM ANALYZE.
INSERT INTO blocks
SELECT (r).* FROM (
  SELECT jsonb_populate_record(t, jsonb_build_object('creator_id', 1 + (random() * 19999)::int,
    'subject_id', 1 + (random() * 19999)::int, 'rkey', t.rkey || g)) AS r
  FROM blocks t, generate_series(1, 14) g
) made ON CONFLICT DO NOTHING;

INSERT INTO list_blocks
SELECT (r).* FROM (
  SELECT jsonb_populate_record(t, jsonb_build_object('creator_id', 1 + (random() * 19999)::int, 'rkey', t.rkey || g)) AS r
  FROM list_blocks t, generate_series(1, 28) g
) made ON CONFLICT DO NOTHING;

INSERT INTO reference_list_opt_outs
SELECT (r).* FROM (
  SELECT jsonb_populate_record(t, jsonb_build_object('creator_id', 1 + (random() * 19999)::int, 'rkey', t.rkey || g)) AS r
  FROM reference_list_opt_outs t, generate_series(1, 25) g
) made ON CONFLICT DO NOTHING;

INSERT INTO pending_ops
SELECT (r).* FROM (
  SELECT jsonb_populate_record(t, jsonb_build_object('creator_id', 1 + (random() * 19999)::int, 'rkey', t.rkey || g,
    'referent_id', t.referent_id + g)) AS r
  FROM pending_ops t, generate_series(1, 12) g
) made ON CONFLICT DO NOTHING;

INSERT INTO profiles
SELECT (r).* FROM (
  SELECT jsonb_populate_record(t, jsonb_build_object('creator_id', t.creator_id + g * 100000)) AS r
  FROM profiles t, generate_series(1, 20) g
) made ON CONFLICT DO NOTHING;

INSERT INTO lists
SELECT (r).* FROM (
  SELECT jsonb_populate_record(t, jsonb_build_object('id', t.id + g::bigint * 100000000,
    'creator_id', 1 + (random() * 19999)::int)) AS r
  FROM lists t, generate_series(1, 50) g
) made ON CONFLICT DO NOTHING;

INSERT INTO feed_generators
SELECT (r).* FROM (
  SELECT jsonb_populate_record(t, jsonb_build_object('id', t.id + g::bigint * 100000000,
    'creator_id', 1 + (random() * 19999)::int)) AS r
  FROM feed_generators t, generate_series(1, 50) g
) made ON CONFLICT DO NOTHING;

INSERT INTO starter_packs
SELECT (r).* FROM (
  SELECT jsonb_populate_record(t, jsonb_build_object('id', t.id + g::bigint * 100000000,
    'creator_id', 1 + (random() * 19999)::int)) AS r
  FROM starter_packs t, generate_series(1, 100) g
) made ON CONFLICT DO NOTHING;
