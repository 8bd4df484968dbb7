-- Some 250,000 rows in each table of which fill.sql makes few, so that index_costs.sql can measure what its indexes
-- cost: CPU is read in ticks of 10 ms. Run with psql on a database that fill.sql filled, before VACUUM ANALYZE.

-- Copies each row so many times; copy number g has the columns and values of `changes`, in which t is the row.
CREATE FUNCTION pg_temp.grow(target text, copies int, changes text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format(
    'INSERT INTO %1$I SELECT (r).* FROM (
       SELECT jsonb_populate_record(t, jsonb_build_object(%2$s)) AS r FROM %1$I t, generate_series(1, %3$s) g
     ) made ON CONFLICT DO NOTHING', target, changes, copies);
END $$;

\set account '1 + (random() * 19999)::int'
\set by_another '\'creator_id\', ' :account ', \'rkey\', t.rkey || g'
\set id_of_another '\'creator_id\', ' :account ', \'id\', t.id + g::bigint * 100000000'
\set between_others :by_another ', \'subject_id\', ' :account
\set of_another :by_another ', \'referent_id\', t.referent_id + g'
\set of_nobody '\'creator_id\', t.creator_id + g * 100000'

SELECT pg_temp.grow('blocks', 14, :'between_others'), pg_temp.grow('list_blocks', 28, :'by_another'),
  pg_temp.grow('reference_list_opt_outs', 25, :'by_another'), pg_temp.grow('pending_ops', 12, :'of_another'),
  pg_temp.grow('profiles', 20, :'of_nobody'), pg_temp.grow('lists', 50, :'id_of_another'),
  pg_temp.grow('feed_generators', 50, :'id_of_another'), pg_temp.grow('starter_packs', 100, :'id_of_another');
