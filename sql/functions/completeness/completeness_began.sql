create or replace function private.completeness_began()
returns setof private.completeness_baseline
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
rows 1
as $$
    select baseline.*
    from private.completeness_baseline as baseline
    -- A new project's own is over nothing: what was copied into it comes with its own beginning.
    order by baseline.activities desc, baseline.began_at
    limit 1
$$;

comment on function private.completeness_began is
'Since when the logs are complete: the row of private.completeness_baseline that is in force, or none.';
revoke all on function private.completeness_began from public, anon, authenticated, service_role;
