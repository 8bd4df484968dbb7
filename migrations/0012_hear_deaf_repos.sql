-- A commit or #sync with a rev in the future made its repo deaf: whatever came later looked old. Such revs are
-- refused from here on; the repos that have one are heard again from their next commit on. Reads repos once.
-- The subquery writes the TID of five minutes from now.
DELETE FROM repos
WHERE rev > (
  SELECT string_agg(
    substr('234567abcdefghijklmnopqrstuvwxyz', ((n.tid >> (5 * i)) & 31)::int + 1, 1), '' ORDER BY i DESC)
  FROM
    (SELECT (extract(epoch FROM now() + interval '5 minutes') * 1000000)::bigint << 10 AS tid) n,
    generate_series(0, 12) i
);
