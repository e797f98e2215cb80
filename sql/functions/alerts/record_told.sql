create or replace function private.record_told(
    told jsonb
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with said as materialized (
        select item.*
        from jsonb_to_recordset(record_told.told) as item (
            receiver text, telling text, problem_key text, code text, severity text, organisation_id uuid, message text
        )
    ),
    removed as (
        delete from private.told_problems as known
        using said
        where known.receiver = said.receiver and known.problem_key = said.problem_key and said.telling = 'over'
    )
    insert into private.told_problems (receiver, problem_key, code, severity, organisation_id, message)
    select said.receiver, said.problem_key, said.code, said.severity, said.organisation_id, said.message
    from said
    where said.telling <> 'over'
    on conflict (receiver, problem_key) do update
        set severity = excluded.severity, message = excluded.message, told_at = clock_timestamp()
$$;

comment on function private.record_told is
'Records what receivers of alerts were told, as private.problems_to_tell gave it: an array of its rows. For the runner.';
revoke all on function private.record_told from public, anon, authenticated, service_role;
