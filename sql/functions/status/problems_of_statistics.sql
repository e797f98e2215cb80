-- What autovacuum will see to within minutes needs nobody, and may be a file that was loaded just now. That it does not get there for
-- an hour Prometheus notices, by the number (deploy/peerledger.rules.yml).
create or replace function private.problems_of_statistics(
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
        'tables_not_analyzed',
        'warning',
        null::uuid,
        format(
            'PostgreSQL has no statistics of these tables or takes them for empty, and %s: %s%s. Queries of them may take very long.',
            found.obstacle,
            string_agg(
                format(
                    '%s (%s)',
                    found.table_name,
                    case
                        when found.row_count is null then pg_size_pretty(found.size_bytes)
                        else to_char(found.row_count, 'FM999,999,999,999') || ' rows'
                    end
                ), ', ' order by found.place
            ) filter (where found.place <= 3),
            case when count(*) > 3 then format(' and %s more', count(*) - 3) else '' end
        ),
        -- The same however many tables there are: it tells one problem from another (private.problems_to_tell).
        'peerledger migrate, which analyzes them'
        || case found.obstacle
            when 'autovacuum is off' then '; then switch autovacuum and track_counts on again in the server''s settings'
            when 'autovacuum is off for them' then '; then: alter table … reset (autovacuum_enabled)'
            else ''
        end,
        count(*),
        null::timestamptz
    from (
        select listed.*, row_number() over (partition by listed.obstacle order by listed.size_bytes desc, listed.table_name) as place
        from private.tables_to_analyze() as listed
        where problems_of_statistics.organisation_id is null and listed.obstacle is not null
    ) as found
    group by found.obstacle
$$;

comment on function private.problems_of_statistics is
'Tables of many rows that PostgreSQL plans for as if they were empty, or without knowing anything, and that autovacuum will not see to.
For private.status_problems only.';
revoke all on function private.problems_of_statistics from public, anon, authenticated, service_role;
