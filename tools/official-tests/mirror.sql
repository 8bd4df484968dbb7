-- Rows that tests write by hand into the official tables, in our tables: see the head of the harness's mirror.sql.
-- Our database is beside the official one, on its server (tools/official-tests/database).
create extension if not exists dblink;

create or replace function mirror.apply(official text, tab text, op text, before jsonb, after jsonb) returns void language plpgsql as $$
begin
  if tab = 'actor' and op = 'UPDATE' and (after->>'trustedVerifier')::boolean then
    perform dblink_exec(
      format('host=%s port=%s user=%s dbname=%s', split_part(current_setting('unix_socket_directories'), ',', 1),
        current_setting('port'), current_user, current_database() || '_' || official),
      format('insert into trusted_verifiers values (%L) on conflict do nothing', after->>'did'));
  end if;
end $$;
