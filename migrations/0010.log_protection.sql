-- depends: 0009.website_sync
-- The logs' own protection: a log of attempts to change a log, floors below which nothing is removed,
-- legal holds, and the marks by which a change of the guards is noticed later.

-- As the migrating role, not as our owner: only a superuser's function may open a connection back to
-- this server without a password, and that power is not given to every function that we have.
do $$
declare
    v_function regprocedure;
begin
    if
        not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
        or not exists (select from pg_catalog.pg_available_extensions where name = 'dblink')
        or exists (select from pg_catalog.pg_extension where extname = 'dblink')
    then
        return;
    end if;

    create extension dblink with schema private;
    for v_function in
        select member.objid::regprocedure
        from pg_catalog.pg_depend as member
        inner join pg_catalog.pg_extension as extension on extension.oid = member.refobjid
        where
            member.refclassid = 'pg_catalog.pg_extension'::regclass
            and member.classid = 'pg_catalog.pg_proc'::regclass
            and member.deptype = 'e'
            and extension.extname = 'dblink'
    loop
        execute format('revoke all on function %s from public', v_function);
    end loop;
end
$$;

create function private.wait_for_dblink(dblink_schema text, connection_name text, at_most interval) returns boolean
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
create function private.write_security_event(event jsonb) returns boolean
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

set role peerledger_owner;

create sequence private.unrecorded_refusals;
comment on sequence private.unrecorded_refusals is
'Counts refused attempts that could not be written at once: unlike a row, a sequence survives the rollback.';

create table private.recording_state (
    only_row boolean primary key default true,
    refusals_noted bigint not null default 0,
    constraint there_is_one_row check (only_row)
);
comment on table private.recording_state is 'How many of the counted refusals have an entry in security_events by now.';
insert into private.recording_state default values;

-- What is removed, and when. ------------------------------------------------------------------------

alter table private.logs
add column retention_months int not null default 60,
add column organisation_column text not null default 'organisation_id',
add constraint logs_are_kept_five_years_or_longer check (retention_months >= 60);
comment on column private.logs.retention_months is
'A whole month is archived when its last entry is older than this. It can be raised and never lowered.';
comment on column private.logs.organisation_column is 'The column that says whose entry it is; legal holds go by it.';
update private.logs set organisation_column = 'org_id' where log_name = 'badge_evaluation_logs';

create table public.legal_holds (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references public.organisations (id),
    case_reference text not null,
    set_by uuid,
    set_at timestamptz not null default now(),
    lifted_by uuid,
    lifted_at timestamptz,
    unique (organisation_id, id),
    -- A file number, not prose: the entry in security_events repeats it.
    constraint case_reference_is_a_code check (case_reference ~ '^[A-Za-z0-9][A-Za-z0-9_/.-]{0,39}$'),
    constraint lifted_at_is_not_before_set_at check (lifted_at >= set_at)
);
comment on table public.legal_holds is
'While an organisation has one that is not lifted, no month of a log with an entry of it is removed.';
create unique index one_open_hold_for_each_case on public.legal_holds (organisation_id, case_reference)
where lifted_at is null;

create table private.log_guard_marks (
    relation_name text primary key,
    log_name text not null,
    mark text not null
);
comment on table private.log_guard_marks is
'What the guards of each log and partition looked like when last seen: a change, even one undone since, is noticed.';

-- The log of the logs. Partitions are made by private.ensure_log_partitions. ------------------------------

create table public.security_events (
    id uuid not null default gen_random_uuid(),
    occurred_at timestamptz not null default clock_timestamp(),
    event_kind text not null,
    organisation_id uuid,
    table_name text,
    statement_kind text,
    session_role text not null default session_user,
    acting_role text,
    caller_id uuid,
    client_address inet,
    details jsonb not null default '{}',
    primary key (id, occurred_at),
    constraint event_kind_is_known check (
        event_kind in (
            'log_change_refused', 'refusals_unrecorded', 'log_guards_changed', 'log_partition_missing',
            'log_default_split', 'log_archived', 'log_retention_raised', 'legal_hold_set', 'legal_hold_lifted',
            'mentor_forgotten', 'reported'
        )
    ),
    constraint statement_kind_is_known check (statement_kind in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
    constraint details_is_an_object check (jsonb_typeof(details) = 'object')
) partition by range (occurred_at);
comment on table public.security_events is
'Attempts to change a log, and what was done to the logs as such: archived, held, forgotten. Append-only.';
comment on column public.security_events.session_role is 'The database role that logged in.';
comment on column public.security_events.acting_role is 'The role it had become with SET ROLE.';
comment on column public.security_events.caller_id is 'The user id of the JWT claims, if any.';
comment on column public.security_events.client_address is
'From where, as the server saw it; null for a local connection. Kept for the security of the logs and nothing else.';
comment on column public.security_events.details is 'Ids, counts, dates and hashes only. Never the text of a statement.';
create index security_events_organisation on public.security_events (organisation_id, occurred_at);
create index security_events_kind on public.security_events (event_kind, occurred_at);

insert into private.logs (log_name, time_column) values ('security_events', 'occurred_at');

-- Failures are few and looked for: without this, a page of them reads a whole organisation.
create index badge_evaluation_logs_failed on public.badge_evaluation_logs (org_id, triggered_at)
where error_message is not null;

reset role;
