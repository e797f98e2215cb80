create or replace function private.numbers_of_seals(
    at timestamptz,
    organisation_id uuid
)
returns table (
    name text,
    value jsonb
)
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with seals as materialized (
        select private.seal_status() as found
        where numbers_of_seals.organisation_id is null
    )

    select number.name, number.value
    from seals
    cross join lateral (
        values
        ('seals', seals.found - 'problems'),
        ('sealed_entries', seals.found -> 'size'),
        ('unsealed_entries', seals.found -> 'unsealed'),
        (
            'checkpoint_age_seconds',
            to_jsonb(round(extract(epoch from numbers_of_seals.at - (seals.found ->> 'checkpoint_at')::timestamptz)))
        )
    ) as number (name, value)
$$;

comment on function private.numbers_of_seals is
'The size of the tree, its newest checkpoint and what is not sealed yet. For private.status_numbers only.';
revoke all on function private.numbers_of_seals from public, anon, authenticated, service_role;
