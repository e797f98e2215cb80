-- Definer: reads the owner's tables, whoever of the operators verifies.
create or replace function private.seal_erased()
returns table (
    leaf_index bigint,
    leaf bytea
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select (event.details ->> 'leaf_index')::bigint, decode(event.details ->> 'leaf', 'hex')
    from public.security_events as event
    where
        event.event_kind = 'entry_erased'
        and event.details ->> 'leaf' ~ '^[0-9a-f]{64}$'
        and event.details ->> 'leaf_index' ~ '^[0-9]{1,18}$'
        and exists (
            select
            from private.sealed_entries as sealed
            inner join private.seal_codes as code on code.log_code = sealed.log_code
            where sealed.entry_time = event.occurred_at and sealed.entry_id = event.id and code.log_name = 'security_events'
        )
$$;

comment on function private.seal_erased is
'The leaves whose entries a court or authority had us erase, as sealed entries say. For the runner.';
revoke all on function private.seal_erased from public, anon, authenticated, service_role;
