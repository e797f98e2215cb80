set role peerledger_owner;

drop function if exists private.log_guards ();
drop function if exists private.mark_guards (text);
drop function if exists private.guard_changes ();
drop function if exists private.guard_versions ();
drop function if exists private.guard_marks_are_sealed ();
drop function if exists private.guard_marks_sha256 ();
drop function if exists private.log_partitions (text);
drop function if exists private.exposed_dblink_functions ();

-- The kinds of events stay: there are entries of them by now.
delete from private.log_guard_marks;
alter table private.log_guard_marks rename column object_name to relation_name;
alter table private.log_guard_marks
alter column log_name set not null,
drop column parts,
add column mark text not null;
comment on table private.log_guard_marks is
'What the guards of each log and partition looked like when last seen: a change, even one undone since, is noticed.';

reset role;

revoke select on private.sql_files from peerledger_owner;

do $$
begin
    if exists (
        select
        from pg_catalog.pg_proc as former
        where
            former.oid = to_regprocedure('private.write_security_event(jsonb)')
            and not pg_catalog.pg_has_role(former.proowner, 'usage')
    ) then
        drop function private.write_security_event (jsonb);
    end if;
end
$$;

create or replace function private.wait_for_dblink(dblink_schema text, connection_name text, at_most interval) returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_give_up_at timestamptz := clock_timestamp() + wait_for_dblink.at_most;
    v_is_busy int;
begin
    loop
        execute format('select %s.dblink_is_busy($1)', wait_for_dblink.dblink_schema)
        into v_is_busy using wait_for_dblink.connection_name;
        if v_is_busy = 0 then
            return true;
        elsif clock_timestamp() > v_give_up_at then
            return false;
        end if;
        perform pg_sleep(0.002);
    end loop;
end
$$;
comment on function private.wait_for_dblink is
'Waits until a connection''s query has ended; false when it has not in time. For private.write_security_event only.';
revoke all on function private.wait_for_dblink from public, anon, authenticated, service_role;

-- Definer: see above. It takes values and no SQL, so that whoever may call it can add an entry and nothing else.
create or replace function private.write_security_event(event jsonb) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_connection constant text := 'peerledger.security';
    v_dblink text;
    v_address text;
    v_is_open boolean;
begin
    select quote_ident(schema.nspname)
    into v_dblink
    from pg_extension as extension
    inner join pg_namespace as schema on schema.oid = extension.extnamespace
    where extension.extname = 'dblink';
    if v_dblink is null or not (select rolsuper from pg_roles where rolname = current_user) then
        return false;
    end if;

    -- One that still waits for a lock of ours: not another beside it, or a loop would use up the server's connections.
    execute format('select coalesce($1 = any (%s.dblink_get_connections()), false)', v_dblink)
    into v_is_open using c_connection;
    if v_is_open then
        if not private.wait_for_dblink(v_dblink, c_connection, interval '100 ms') then
            return false;
        end if;
        execute format('select %s.dblink_disconnect($1)', v_dblink) using c_connection;
    end if;

    -- No password: where the server wants one from itself, there is no connection, and the server's log has to do.
    v_address := coalesce(nullif(btrim(split_part(current_setting('unix_socket_directories'), ',', 1)), ''), '127.0.0.1');
    execute format('select %s.dblink_connect($1, $2)', v_dblink) using c_connection, (
        select string_agg(
            format('%s=''%s''', setting.keyword, replace(replace(setting.content, '\', '\\'), '''', '\''')), ' '
        )
        from (
            values
            ('host', v_address),
            ('port', current_setting('port')),
            ('dbname', current_database()::text),
            ('user', current_user::text),
            ('application_name', c_connection),
            ('connect_timeout', '2'),
            ('gssencmode', 'disable'),
            (
                'options',
                '-c role=peerledger_owner -c search_path=pg_catalog -c statement_timeout=60s '
                '-c lock_timeout=60s -c idle_session_timeout=60s -c session_replication_role=origin'
            )
        ) as setting (keyword, content)
    );
    execute format('select %s.dblink_send_query($1, $2)', v_dblink) using c_connection, case
        when event is null then 'select id::text from public.security_events where false'
        else format(
            'insert into public.security_events select * from jsonb_populate_record(null::public.security_events, %L)',
            event
        )
    end;

    if not private.wait_for_dblink(v_dblink, c_connection, interval '250 ms') then
        -- It waits for what our own transaction has locked, and writes the entry when that is rolled back.
        return true;
    end if;
    execute format('select * from %s.dblink_get_result($1) as result (status text)', v_dblink) using c_connection;
    execute format('select %s.dblink_disconnect($1)', v_dblink) using c_connection;
    return true;
exception
    -- What cannot be written changes nothing for the caller, who writes to the server's log in any case.
    when query_canceled or assert_failure or others then
        begin
            execute format('select %s.dblink_disconnect($1)', v_dblink) using c_connection;
        exception
            when others then
                null;
        end;
        return false;
end
$$;
comment on function private.write_security_event is
'Writes an entry of security_events that outlives the caller''s transaction, over a connection of its own. False when '
'it could not. Null only tries the connection. For our functions only.';
revoke all on function private.write_security_event from public, anon, authenticated, service_role;
grant execute on function private.write_security_event to peerledger_owner;
