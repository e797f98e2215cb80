-- What the pgTAP files share. Loaded into the template database by a superuser.
create schema tests;
grant usage on schema tests to public;

-- The same name always gives the same id, and never the same id for a user and the mentor they are.
create function tests.id(kind text, name text) returns uuid
language sql immutable strict
as $$ select md5(id.kind || ' ' || id.name)::uuid $$;

create function tests.acts_as(role text, sub uuid default null) returns void
language plpgsql
as $$
begin
    perform set_config(
        'request.jwt.claims',
        case when acts_as.sub is null then '' else json_build_object('sub', acts_as.sub, 'role', acts_as.role)::text end,
        true
    );
    perform set_config('role', acts_as.role, true);
end
$$;

create function tests.make_organisation(name text) returns uuid
language sql
as $$
    insert into public.organisations (id, slug, name)
    values (tests.id('organisation', make_organisation.name), make_organisation.name, make_organisation.name)
    returning id
$$;

create function tests.make_chapter(name text, organisation text) returns uuid
language sql
as $$
    insert into public.chapters (id, organisation_id, name)
    values (
        tests.id('chapter', make_chapter.name), tests.id('organisation', make_chapter.organisation), make_chapter.name
    )
    returning id
$$;

-- Returns the user id. Without a chapter: coordinator of the whole organisation.
create function tests.make_coordinator(name text, organisation text, chapter text default null) returns uuid
language sql
as $$
    insert into public.coordinator_assignments (user_id, organisation_id, chapter_id)
    values (
        tests.id('user', make_coordinator.name),
        tests.id('organisation', make_coordinator.organisation),
        tests.id('chapter', make_coordinator.chapter)
    )
    returning user_id
$$;

-- Returns the mentor id; the user id is tests.id('user', name).
create function tests.make_mentor(name text, organisation text, chapter text default null) returns uuid
language sql
as $$
    insert into public.peer_mentors (id, user_id, organisation_id, chapter_id, display_name)
    values (
        tests.id('mentor', make_mentor.name),
        tests.id('user', make_mentor.name),
        tests.id('organisation', make_mentor.organisation),
        tests.id('chapter', make_mentor.chapter),
        make_mentor.name
    )
    returning id
$$;

-- Active, and known to Dynamics as tests.id('contact', name).
create function tests.make_listed_mentor(name text, organisation text, chapter text default null) returns uuid
language sql
as $$
    insert into public.peer_mentors (id, organisation_id, chapter_id, display_name, dynamics_contact_id)
    values (
        tests.id('mentor', make_listed_mentor.name),
        tests.id('organisation', make_listed_mentor.organisation),
        tests.id('chapter', make_listed_mentor.chapter),
        make_listed_mentor.name,
        tests.id('contact', make_listed_mentor.name)
    )
    returning id
$$;

create function tests.set_status(mentor text, status public.mentor_status) returns void
language sql
as $$ update public.peer_mentors set status = set_status.status where id = tests.id('mentor', set_status.mentor) $$;

-- One result as a worker reports it, for the version that the mentor's row was last claimed with.
create function tests.sync_result(
    mentor text, code int, kind text default null, retry_after text default null, worker text default 'w'
) returns jsonb
language sql
as $$
    select jsonb_build_object(
        'mentor_id', sync.mentor_id, 'desired_version', coalesce(sync.claimed_version, 1), 'worker', sync_result.worker,
        'dynamics_response_code', sync_result.code, 'error_kind', sync_result.kind, 'retry_after', sync_result.retry_after
    )
    from public.hlf_sync_state as sync
    where sync.mentor_id = tests.id('mentor', sync_result.mentor)
$$;

-- Makes the mentor due, claims what is due as worker "w", and reports that answer. Returns the new state.
create function tests.sync_once(
    mentor text, code int, kind text default null, retry_after text default null
) returns text
language plpgsql
as $$
begin
    update public.hlf_sync_state set next_attempt_at = now() where mentor_id = tests.id('mentor', sync_once.mentor);
    perform public.claim_hlf_sync('w', 1000, '1 minute', ignore_pause => true);
    return (
        select done.state
        from public.complete_hlf_sync(jsonb_build_array(
            tests.sync_result(sync_once.mentor, sync_once.code, sync_once.kind, sync_once.retry_after)
        )) as done
    );
end
$$;

-- With a coordinator: registered by proxy.
create function tests.make_activity(name text, mentor text, coordinator text default null) returns uuid
language sql
as $$
    insert into public.activities (
        id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes
    )
    select
        tests.id('activity', make_activity.name), mentor.organisation_id, mentor.id,
        tests.id('user', make_activity.coordinator), 'conversation', '2026-01-15', 60
    from public.peer_mentors as mentor
    where mentor.id = tests.id('mentor', make_activity.mentor)
    returning id
$$;

-- An entry of the badge evaluation log, in this month's partition.
create function tests.make_log_entry(mentor text) returns uuid
language sql
as $$
    insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source)
    select mentor.id, mentor.organisation_id, 1, 'manual'
    from public.peer_mentors as mentor
    where mentor.id = tests.id('mentor', make_log_entry.mentor)
    returning id
$$;

-- Valid for the year before it expires.
create function tests.make_certificate(mentor text, expires_on date) returns uuid
language sql
as $$
    insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
    select mentor.organisation_id, mentor.id, make_certificate.expires_on - 365, make_certificate.expires_on
    from public.peer_mentors as mentor
    where mentor.id = tests.id('mentor', make_certificate.mentor)
    returning id
$$;

create function tests.status(mentor text) returns text
language sql stable
as $$ select mentor.status::text from public.peer_mentors as mentor where mentor.id = tests.id('mentor', status.mentor) $$;

-- Every log and every partition of one, with its time column.
create view tests.log_tables as
select log.log_name, tree.relid as log_table, log.time_column, tree.level > 0 as is_partition
from private.logs as log
cross join pg_partition_tree(format('public.%I', log.log_name)::regclass) as tree;
grant select on tests.log_tables to public;

-- Two organisations. North: chapters oslo and bergen; nina coordinates all of it, oskar only oslo;
-- mentors olga (oslo) and berit (bergen). South: coordinator sven, mentor sara. Olga and berit have an
-- activity of their own ("olga's", "berit's") and one by proxy each ("nina for olga", "nina for berit").
create function tests.make_two_organisations() returns void
language plpgsql
as $$
begin
    perform tests.make_organisation('north');
    perform tests.make_organisation('south');
    perform tests.make_chapter('oslo', 'north');
    perform tests.make_chapter('bergen', 'north');
    perform tests.make_coordinator('nina', 'north');
    perform tests.make_coordinator('oskar', 'north', 'oslo');
    perform tests.make_coordinator('sven', 'south');
    perform tests.make_mentor('olga', 'north', 'oslo');
    perform tests.make_mentor('berit', 'north', 'bergen');
    perform tests.make_mentor('sara', 'south');
    perform tests.make_activity('olga''s', 'olga');
    perform tests.make_activity('berit''s', 'berit');
    perform tests.make_activity('sara''s', 'sara');
    perform tests.make_activity('nina for olga', 'olga', 'nina');
    perform tests.make_activity('nina for berit', 'berit', 'nina');
    -- The outbox is empty: that the mentors are told of it has its own test.
    delete from public.notifications;
end
$$;

-- Definer: sees all rows, whoever is being acted as.
create function tests.fingerprint(target regclass) returns text
language plpgsql strict security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_fingerprint text;
begin
    execute format(
        'select md5(coalesce(string_agg(row_data::text, chr(10) order by row_data::text), '''')) from %s as row_data',
        target
    ) into v_fingerprint;
    return v_fingerprint;
end
$$;

-- What happens when that role and user run the statement: the number of rows, or the SQLSTATE. What it
-- did is undone. With a target, "0 rows" also means that nothing in the target changed.
create function tests.outcome(role text, sub uuid, statement text, target regclass default null) returns text
language plpgsql
as $$
declare
    v_before text := tests.fingerprint(outcome.target);
    v_rows bigint;
begin
    begin
        perform tests.acts_as(outcome.role, outcome.sub);
        execute outcome.statement;
        get diagnostics v_rows = row_count;
        raise exception using errcode = 'TTTTT';
    exception
        when others then
            if sqlstate <> 'TTTTT' then
                return sqlstate;
            end if;
    end;
    if v_rows = 0 and outcome.target is not null then
        begin
            perform tests.acts_as(outcome.role, outcome.sub);
            execute outcome.statement;
            raise exception using
                errcode = 'TTTTT',
                message = case when tests.fingerprint(outcome.target) = v_before then '0' else 'changed' end;
        exception
            when sqlstate 'TTTTT' then
                return sqlerrm;
        end;
    end if;
    return v_rows::text;
end
$$;

-- The SQLSTATE and the DETAIL with which the statement is refused, or "done".
create function tests.refusal(statement text) returns text
language plpgsql
as $$
declare
    v_detail text;
begin
    execute refusal.statement;
    return 'done';
exception
    when others then
        get stacked diagnostics v_detail = pg_exception_detail;
        return sqlstate || ' ' || v_detail;
end
$$;

-- As whoever owns the server: no trigger fires, whatever it says of replicas.
create function tests.switch_triggers_off() returns void
language plpgsql
as $$
declare
    v_table regclass;
begin
    for v_table in
        select oid
        from pg_class
        where relkind in ('r', 'p') and relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relhastriggers
    loop
        execute format('alter table %s disable trigger user', v_table);
    end loop;
end
$$;

-- What `peerledger archive` and the sealing after it leave on record of a month. Returns the id of the entry. With the triggers off.
create function tests.make_archived(log_name text, month date) returns uuid
language plpgsql
as $$
declare
    v_entry public.security_events;
begin
    perform private.record_security_event(
        'log_archived', make_archived.log_name, details => jsonb_build_object('month', make_archived.month)
    );
    select event.* into v_entry
    from public.security_events as event
    where event.event_kind = 'log_archived'
    order by event.occurred_at desc
    limit 1;
    insert into private.sealed_entries (leaf_index, entry_time, entry_id, log_code)
    select (select count(*) from private.sealed_entries), v_entry.occurred_at, v_entry.id, code.log_code
    from private.seal_codes as code
    where code.log_name = 'security_events';
    return v_entry.id;
end
$$;

-- What a query of one column answers after the statements, which are undone.
create function tests.answers_after(statements text, question text) returns text[]
language plpgsql
as $$
declare
    v_answers text[];
begin
    begin
        execute answers_after.statements;
        execute format('select array(%s)', answers_after.question) into v_answers;
        raise exception using errcode = 'TTTTT';
    exception
        when sqlstate 'TTTTT' then
            return v_answers;
    end;
end
$$;

-- What private.log_gaps finds after the statements. No trigger notices them once they are switched off.
create function tests.gaps_after(statements text, since timestamptz default '-infinity') returns text[]
language sql
as $$
    select tests.answers_after(gaps_after.statements, format(
        'select concat_ws('' | '', "check", log_name, subject_id, detail, ''('' || hole || '')'') from private.log_gaps(%L) order by 1',
        gaps_after.since
    ))
$$;
