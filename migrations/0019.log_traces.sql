-- depends: 0015.operations
-- What the catalog remembers of every object that protects a log, and a record of refused attempts whose connection
-- can do no more than the role that migrates.

-- As the migrating role, like 0010. Where a superuser had taken it over, it is made anew and is his no longer:
-- `peerledger record-attempts` gives it back to him, in the form of this version.
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

-- Definer: only a superuser's function may open a connection back to this server without a password. It takes values
-- and no SQL, and calls nothing that is not the server's own: whoever may replace one of our functions or triggers must
-- not become a superuser by it. For the same reason the connection is the migrating role's, not the superuser's.
create or replace function private.write_security_event(event jsonb) returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_connection constant text := 'peerledger.security';
    v_dblink text;
    v_user name;
    v_is_open boolean;
    v_is_busy int;
    v_give_up_at timestamptz;
begin
    select quote_ident(schema.nspname)
    into v_dblink
    from pg_extension as extension
    inner join pg_namespace as schema on schema.oid = extension.extnamespace
    where extension.extname = 'dblink';
    select login.rolname
    into v_user
    from (
        select schema.nspowner as oid, 1 as preference
        from pg_namespace as schema
        where schema.nspname = 'private'
        union all
        select database.datdba, 2
        from pg_database as database
        where database.datname = current_database()
    ) as candidate
    inner join pg_roles as login on login.oid = candidate.oid
    where login.rolcanlogin and pg_has_role(login.oid, to_regrole('peerledger_owner'), 'member')
    order by candidate.preference
    limit 1;
    if v_dblink is null or v_user is null or not (select rolsuper from pg_roles where rolname = current_user) then
        return false;
    end if;

    -- One that still waits for a lock of ours: not another beside it, or a loop would use up the server's connections.
    execute format('select coalesce($1 = any (%s.dblink_get_connections()), false)', v_dblink)
    into v_is_open using c_connection;
    if v_is_open then
        v_give_up_at := clock_timestamp() + interval '100 ms';
        loop
            execute format('select %s.dblink_is_busy($1)', v_dblink) into v_is_busy using c_connection;
            exit when v_is_busy = 0;
            if clock_timestamp() > v_give_up_at then
                return false;
            end if;
            perform pg_sleep(0.002);
        end loop;
        execute format('select %s.dblink_disconnect($1)', v_dblink) using c_connection;
    end if;

    -- No password: where the server wants one from itself, there is no connection, and the server's log has to do.
    execute format('select %s.dblink_connect($1, $2)', v_dblink) using c_connection, (
        select string_agg(
            format('%s=''%s''', setting.keyword, replace(replace(setting.content, '\', '\\'), '''', '\''')), ' '
        )
        from (
            values
            (
                'host',
                coalesce(
                    nullif(btrim(split_part(current_setting('unix_socket_directories'), ',', 1)), ''), '127.0.0.1'
                )
            ),
            ('port', current_setting('port')),
            ('dbname', current_database()::text),
            ('user', v_user::text),
            ('application_name', c_connection),
            ('connect_timeout', '2'),
            ('gssencmode', 'disable'),
            (
                'options',
                '-c role=peerledger_owner -c search_path=pg_catalog -c statement_timeout=60s '
                '-c lock_timeout=60s -c idle_session_timeout=60s'
            )
        ) as setting (keyword, content)
    );
    execute format('select %s.dblink_send_query($1, $2)', v_dblink) using c_connection, case
        when event is null then 'select id::text from public.security_events where false'
        else format(
            'insert into public.security_events ('
            'id, occurred_at, event_kind, organisation_id, table_name, statement_kind, session_role, acting_role, '
            'caller_id, client_address, details) '
            'select id, occurred_at, event_kind, organisation_id, table_name, statement_kind, session_role, acting_role, '
            'caller_id, client_address, details '
            'from jsonb_populate_record(null::public.security_events, %L)',
            event
        )
    end;

    v_give_up_at := clock_timestamp() + interval '250 ms';
    loop
        execute format('select %s.dblink_is_busy($1)', v_dblink) into v_is_busy using c_connection;
        exit when v_is_busy = 0;
        if clock_timestamp() > v_give_up_at then
            -- It waits for what our own transaction has locked, and writes the entry when that is rolled back.
            return true;
        end if;
        perform pg_sleep(0.002);
    end loop;
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

drop function private.wait_for_dblink;

-- When a migration has just run, what changed is its work: private.mark_guards asks this table.
grant select on private.sql_files to peerledger_owner;

set role peerledger_owner;

-- It returns no marks any more.
drop function if exists private.log_guards ();

-- A mark for each object now, and not for each relation only; the migration's end takes them.
delete from private.log_guard_marks;
alter table private.log_guard_marks rename column relation_name to object_name;
alter table private.log_guard_marks
alter column log_name drop not null,
drop column mark,
add column parts jsonb not null;
comment on table private.log_guard_marks is
'What each object that protects the logs looked like when last marked: a change, even one undone since, is noticed. The
hash of all marks is in security_events (guards_marked).';
comment on column private.log_guard_marks.parts is 'The version of each of its parts, see private.guard_versions.';

-- More kinds of events, whatever other kinds there are by now.
do $$
declare
    v_kinds text[];
begin
    select array_agg(distinct listed.kind order by listed.kind)
    into v_kinds
    from (
        select found.kind[1] as kind
        from pg_catalog.pg_constraint as rule
        cross join regexp_matches(pg_catalog.pg_get_constraintdef(rule.oid), '''([a-z_]+)''', 'g') as found (kind)
        where rule.conrelid = 'public.security_events'::regclass and rule.conname = 'event_kind_is_known'
        union all
        select unnest(array['guards_marked', 'database_restored'])
    ) as listed;
    alter table public.security_events drop constraint event_kind_is_known;
    execute format(
        'alter table public.security_events add constraint event_kind_is_known check (event_kind in (%s))',
        (select string_agg(quote_literal(kind), ', ') from unnest(v_kinds) as kind)
    );
end
$$;

reset role;
