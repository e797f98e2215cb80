create or replace function private.problems_of_seals(
    at timestamptz,
    organisation_id uuid
)
returns setof private.problem
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        'seals_behind',
        'warning',
        null::uuid,
        problem.value ->> 'what',
        problem.value ->> 'do',
        1::bigint,
        null::timestamptz
    from jsonb_array_elements(private.seal_problems()) as problem
    where problems_of_seals.organisation_id is null
$$;

comment on function private.problems_of_seals is
'Entries that are not sealed in time, and seals that no checkpoint covers. For private.status_problems only.';
revoke all on function private.problems_of_seals from public, anon, authenticated, service_role;
