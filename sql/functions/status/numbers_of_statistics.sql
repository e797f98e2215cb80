create or replace function private.numbers_of_statistics(
    at timestamptz,
    organisation_id uuid
)
returns table (
    name text,
    value jsonb
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select 'tables_to_analyze', to_jsonb(count(*))
    from private.tables_to_analyze()
    where numbers_of_statistics.organisation_id is null
    having numbers_of_statistics.organisation_id is null
$$;

comment on function private.numbers_of_statistics is
'How many tables of many rows PostgreSQL plans for as if they were empty, or without knowing anything. For private.status_numbers only.';
revoke all on function private.numbers_of_statistics from public, anon, authenticated, service_role;
