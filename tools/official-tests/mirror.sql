-- Rows that tests write by hand into the official tables, in our tables: see the head of the harness's mirror.sql.
-- Our database is beside the official one, on its server (tools/official-tests/database).
create extension if not exists dblink;

create or replace function mirror.run(official text, command text) returns void language sql as $$
  select dblink_exec(format('host=127.0.0.1 port=%s user=%s dbname=%s', current_setting('port'), current_user,
    current_database() || '_' || official), command)
$$;

create or replace function mirror.apply(official text, tab text, op text, before jsonb, after jsonb) returns void language plpgsql as $$
begin
  if op = 'INSERT' and tab = 'suggested_follow' then
    perform mirror.run(official, format('insert into suggested_follows values (%s, %L)', after->>'order', after->>'did'));
  elsif op = 'INSERT' and tab = 'suggested_feed' then
    perform mirror.run(official, format('insert into suggested_feeds values (%s, %L)', after->>'order', after->>'uri'));
  elsif op = 'INSERT' and tab = 'tagged_suggestion' then
    perform mirror.run(official, format('insert into suggested_entities (tag, subject, subject_type) values (%L, %L, %L)',
      after->>'tag', after->>'subject', after->>'subjectType'));
  end if;
  if tab <> 'actor' or op <> 'UPDATE' then
    return;
  end if;
  if (after->>'trustedVerifier')::boolean then
    perform mirror.run(official, format('insert into trusted_verifiers values (%L) on conflict do nothing', after->>'did'));
  end if;
  if after->>'handle' is distinct from before->>'handle' then
    perform mirror.run(official, format('update users set handle = nullif(%L, '''') where did = %L', after->>'handle', after->>'did'));
  end if;
end $$;
