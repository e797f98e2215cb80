-- depends: 0029.changes_on_record
-- Each log entry bears the number of the transaction that wrote it: by it the sealer knows what it has not seen yet.
-- bigint, because BRIN has no operator class for xid8.

-- A writer that inserts whole rows would put an explicit null into the new column, and lose its entry.
do $$
declare
    v_columns constant text := 'id, occurred_at, event_kind, organisation_id, table_name, statement_kind, session_role, '
    'acting_role, caller_id, client_address, details';
    v_definition text;
begin
    select pg_catalog.pg_get_functiondef(writer.oid)
    into v_definition
    from pg_catalog.pg_proc as writer
    where
        writer.oid = to_regprocedure('private.write_security_event(jsonb)')
        and writer.prosrc like '%insert into public.security_events select * from%'
        and pg_catalog.pg_has_role(writer.proowner, 'usage');
    if found then
        execute replace(
            v_definition, 'insert into public.security_events select * from',
            format('insert into public.security_events (%1$s) select %1$s from', v_columns)
        );
    end if;
end
$$;

set role peerledger_owner;

do $$
declare
    v_log text;
begin
    for v_log in
        select log.log_name from private.logs as log order by log.log_name
    loop
        -- The default is stable: no row is rewritten, and those that are there bear this migration's number.
        execute format(
            'alter table public.%I add column recorded_in bigint not null default (pg_current_xact_id()::text::bigint)', v_log
        );
        execute format(
            'comment on column public.%I.recorded_in is %L', v_log,
            'The number of the transaction that wrote the entry. Stamped by the database; in no seal and no archive.'
        );
        execute format(
            'create index %I on public.%I using brin (recorded_in) with (pages_per_range = 16, autosummarize = on)',
            v_log || '_recorded_in', v_log
        );
    end loop;
end
$$;

reset role;
