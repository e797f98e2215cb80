-- depends: 0015.operations
-- What clients of the REST API need: results whose columns may be null are typed so, long results say how many rows
-- there are, a mentor's sync state embeds as one object on every version, and badges and messages reach Realtime.
set role peerledger_owner;

-- The rows of functions. `returns table` would make every column not null in generated types. ------------------------

create type public.certification_run as (
    run_id uuid,
    as_of date,
    is_local_today boolean,
    status text,
    started_at timestamptz,
    finished_at timestamptz,
    total_transitioned bigint,
    total_reminders_sent bigint,
    total_failures bigint,
    note text,
    total_count bigint
);
comment on type public.certification_run is 'An expiry run with the caller''s own totals: a row of get_certification_runs.';
comment on column public.certification_run.run_id is 'The run; get_run_summary has its entries.';
comment on column public.certification_run.as_of is 'The date that the run was for.';
comment on column public.certification_run.is_local_today is 'No date was given: every organisation''s own today.';
comment on column public.certification_run.status is 'running, succeeded or crashed.';
comment on column public.certification_run.started_at is 'When it began.';
comment on column public.certification_run.finished_at is 'When it ended; null unless it succeeded.';
comment on column public.certification_run.total_transitioned is 'Mentors of the caller''s organisations whose status changed.';
comment on column public.certification_run.total_reminders_sent is 'Reminders to mentors of the caller''s organisations.';
comment on column public.certification_run.total_failures is 'Mentors of the caller''s organisations that it could not handle.';
comment on column public.certification_run.note is 'What was out of the ordinary, if anything.';
comment on column public.certification_run.total_count is 'The number of runs on all pages.';

create type public.simulated_certification_event as (
    organisation_id uuid,
    mentor_id uuid,
    certification_id uuid,
    expires_on date,
    event_type text,
    old_status public.mentor_status,
    new_status public.mentor_status,
    threshold_days int,
    total_count bigint
);
comment on type public.simulated_certification_event is
'What an expiry run would do for one mentor: a row of simulate_certification_expiry.';
comment on column public.simulated_certification_event.organisation_id is 'The organisation of the mentor.';
comment on column public.simulated_certification_event.mentor_id is 'The mentor.';
comment on column public.simulated_certification_event.certification_id is 'The certificate that governs.';
comment on column public.simulated_certification_event.expires_on is 'Its last day.';
comment on column public.simulated_certification_event.event_type is 'status_transitioned or reminder_dispatched.';
comment on column public.simulated_certification_event.old_status is 'The status before; null for a reminder.';
comment on column public.simulated_certification_event.new_status is 'The status after; null for a reminder.';
comment on column public.simulated_certification_event.threshold_days is
'The days before expiry that the reminder is for; null for a change of status.';
comment on column public.simulated_certification_event.total_count is 'The number of events on all pages.';

create type public.duplicate_transition as (
    organisation_id uuid,
    mentor_id uuid,
    certification_id uuid,
    first_entry_id uuid,
    first_run_id uuid,
    first_at timestamptz,
    duplicate_entry_id uuid,
    duplicate_run_id uuid,
    duplicate_at timestamptz,
    total_count bigint
);
comment on type public.duplicate_transition is
'Two log entries that expire a mentor by the same certificate: a row of find_duplicate_transitions.';
comment on column public.duplicate_transition.organisation_id is 'The organisation of the entries.';
comment on column public.duplicate_transition.mentor_id is 'The mentor they speak of.';
comment on column public.duplicate_transition.certification_id is 'The certificate; null when the entries name none.';
comment on column public.duplicate_transition.first_entry_id is 'The earlier entry.';
comment on column public.duplicate_transition.first_run_id is 'The run that wrote it.';
comment on column public.duplicate_transition.first_at is 'Its time.';
comment on column public.duplicate_transition.duplicate_entry_id is 'The later entry.';
comment on column public.duplicate_transition.duplicate_run_id is 'The run that wrote it.';
comment on column public.duplicate_transition.duplicate_at is 'Its time.';
comment on column public.duplicate_transition.total_count is 'The number of duplicates on all pages.';

create type public.cross_org_award as (
    earned_badge_id uuid,
    mentor_id uuid,
    mentor_organisation_id uuid,
    badge_definition_id uuid,
    badge_organisation_id uuid,
    total_count bigint
);
comment on type public.cross_org_award is
'An award that joins two organisations: a row of find_cross_org_awards, which is always empty.';
comment on column public.cross_org_award.earned_badge_id is 'The award.';
comment on column public.cross_org_award.mentor_id is 'The mentor who has it.';
comment on column public.cross_org_award.mentor_organisation_id is 'The organisation of the mentor.';
comment on column public.cross_org_award.badge_definition_id is 'The badge.';
comment on column public.cross_org_award.badge_organisation_id is 'The organisation of the badge.';
comment on column public.cross_org_award.total_count is 'The number of such awards in all.';

create type public.proxy_entry_problem as (
    path text,
    severity text,
    reason text,
    total_count bigint
);
comment on type public.proxy_entry_problem is
'What is wrong with an entry of a bulk registration: a row of check_proxy_activities.';
comment on column public.proxy_entry_problem.path is 'Where: entries[17].mentor_id.';
comment on column public.proxy_entry_problem.severity is 'error: nothing would be saved; warning: it looks like a duplicate.';
comment on column public.proxy_entry_problem.reason is 'What is wrong, in words that follow the path.';
comment on column public.proxy_entry_problem.total_count is 'The number of problems on all pages.';

create type public.proxy_activity_state as (
    changed_at timestamptz,
    event_type text,
    coordinator_id uuid,
    snapshot jsonb,
    changes jsonb,
    total_count bigint
);
comment on type public.proxy_activity_state is
'A recorded state of an activity that was registered by proxy: a row of get_proxy_history.';
comment on column public.proxy_activity_state.changed_at is 'When it came to be so.';
comment on column public.proxy_activity_state.event_type is 'created, bulk_created or updated.';
comment on column public.proxy_activity_state.coordinator_id is 'Who made the change.';
comment on column public.proxy_activity_state.snapshot is 'The whole record after the change.';
comment on column public.proxy_activity_state.changes is '{field: {old, new}}; empty for the first state.';
comment on column public.proxy_activity_state.total_count is 'The number of states on all pages.';

create type public.missed_night as (
    business_date date,
    job text,
    organisation_id uuid,
    state text,
    reason text,
    total_count bigint
);
comment on type public.missed_night is 'A night that a job missed: a row of find_missed_nights.';
comment on column public.missed_night.business_date is 'The date of the night.';
comment on column public.missed_night.job is 'The step of the night.';
comment on column public.missed_night.organisation_id is 'The organisation; null: all together.';
comment on column public.missed_night.state is 'failed or running, as the ledger has it; null when it has no row.';
comment on column public.missed_night.reason is 'Why it failed; null when the ledger does not say.';
comment on column public.missed_night.total_count is 'The number of missed nights in all.';

create type public.hlf_sync_audit_summary as (
    outcome text,
    attempts bigint,
    mentors bigint,
    first_at timestamptz,
    last_at timestamptz
);
comment on type public.hlf_sync_audit_summary is
'The attempts of one outcome in a range of dates: a row of get_hlf_sync_audit_summary.';
comment on column public.hlf_sync_audit_summary.outcome is 'success, failure or dead_lettered.';
comment on column public.hlf_sync_audit_summary.attempts is 'How many attempts ended so.';
comment on column public.hlf_sync_audit_summary.mentors is 'Of how many mentors.';
comment on column public.hlf_sync_audit_summary.first_at is 'The first of them; null when there is none.';
comment on column public.hlf_sync_audit_summary.last_at is 'The last of them; null when there is none.';

create type public.hlf_sync_state_summary as (
    organisation_id uuid,
    is_enabled boolean,
    pending bigint,
    in_progress bigint,
    synced bigint,
    dead_lettered bigint,
    overdue_leases bigint,
    open_removals bigint,
    oldest_open_removal_at timestamptz,
    paused_since timestamptz,
    pause_reasons text[],
    total_count bigint
);
comment on type public.hlf_sync_state_summary is
'How the website sync of one organisation is doing: a row of get_hlf_sync_state_summary.';
comment on column public.hlf_sync_state_summary.organisation_id is 'The organisation.';
comment on column public.hlf_sync_state_summary.is_enabled is 'Is the sync switched on in its settings?';
comment on column public.hlf_sync_state_summary.pending is 'Mentors to be sent.';
comment on column public.hlf_sync_state_summary.in_progress is 'Mentors that a worker holds.';
comment on column public.hlf_sync_state_summary.synced is 'Mentors whose state the website has confirmed.';
comment on column public.hlf_sync_state_summary.dead_lettered is 'Mentors that were given up.';
comment on column public.hlf_sync_state_summary.overdue_leases is 'Expired leases that nobody has taken over yet.';
comment on column public.hlf_sync_state_summary.open_removals is 'Removals that are not confirmed.';
comment on column public.hlf_sync_state_summary.oldest_open_removal_at is
'Since when the oldest of them has been wanted; null when there is none.';
comment on column public.hlf_sync_state_summary.paused_since is 'Since when it has been paused; null when it is not.';
comment on column public.hlf_sync_state_summary.pause_reasons is 'Why it is paused; null when it is not.';
comment on column public.hlf_sync_state_summary.total_count is 'The number of organisations in all.';

create type public.hlf_removal_times as (
    confirmed bigint,
    median interval,
    p95 interval,
    worst interval,
    cancelled bigint,
    still_open bigint,
    longest_open interval
);
comment on type public.hlf_removal_times is
'How long removals from the website took in a range of dates: the row of get_hlf_removal_times.';
comment on column public.hlf_removal_times.confirmed is 'Removals that the website has confirmed.';
comment on column public.hlf_removal_times.median is 'Half of them took no longer; null when there is none.';
comment on column public.hlf_removal_times.p95 is '95 % of them took no longer; null when there is none.';
comment on column public.hlf_removal_times.worst is 'The longest; null when there is none.';
comment on column public.hlf_removal_times.cancelled is 'Removals that were not needed any more.';
comment on column public.hlf_removal_times.still_open is 'Removals that are neither confirmed nor cancelled.';
comment on column public.hlf_removal_times.longest_open is 'For how long the oldest of those has been open; null when there is none.';

-- Their results or arguments change; the replayable files make them anew.
drop function if exists private.criteria_formula (jsonb, jsonb, text);
drop function if exists public.check_proxy_activities (jsonb, uuid);
drop function if exists public.find_cross_org_awards ();
drop function if exists public.find_duplicate_transitions ();
drop function if exists public.find_missed_nights (timestamptz, text []);
drop function if exists public.get_hlf_removal_times (uuid, date, date);
drop function if exists public.get_hlf_sync_audit_summary (uuid, date, date);
drop function if exists public.get_hlf_sync_state_summary ();
drop function if exists public.get_proxy_history (uuid);
drop function if exists public.simulate_certification_expiry (date);

-- Embedding. --------------------------------------------------------------------------------------------------------

-- Before its version 12, PostgREST knows a to-one relationship by the key's columns in the order of the table, and so do
-- the generators of types. The old key has held until now, so nothing waits for this one to be looked through:
-- 0028 validates it under a lock that lets writers work.
alter table public.hlf_sync_state
drop constraint hlf_sync_state_organisation_id_mentor_id_fkey,
add constraint hlf_sync_state_mentor_id_organisation_id_fkey
foreign key (mentor_id, organisation_id) references public.peer_mentors (id, organisation_id) on update cascade not valid;

reset role;

-- Realtime. ---------------------------------------------------------------------------------------------------------

-- Supabase's publication: a phone that subscribes to it is told of its own rows, by the policies of the tables.
do $$
declare
    v_table regclass;
begin
    foreach v_table in array array['public.earned_badges', 'public.notifications']::regclass[] loop
        if
            exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables)
            and not exists (
                select from pg_publication_rel
                where
                    prrelid = v_table
                    and prpubid = (select oid from pg_publication where pubname = 'supabase_realtime')
            )
        then
            execute format('alter publication supabase_realtime add table %s', v_table);
        end if;
    end loop;
exception
    when insufficient_privilege then
        raise notice 'supabase_realtime belongs to another role: its owner may add public.earned_badges and '
            'public.notifications to it.';
end
$$;
