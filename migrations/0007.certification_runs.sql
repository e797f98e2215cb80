-- depends: 0006.certifications
-- What the nightly expiry run reads and writes, and the history of every status change.
set role peerledger_owner;

-- A switch for reminders, and a bound: a threshold of millennia would take the dates of all organisations' run
-- out of range.
update public.organisation_settings
set reminder_thresholds_days = coalesce(
    nullif(array(select day from unnest(reminder_thresholds_days) as day where day <= 3650), '{}'), '{30,14,7}'
)
where 3650 < any (reminder_thresholds_days);

alter table public.organisation_settings
add column certification_reminders_enabled boolean not null default true,
add constraint reminder_thresholds_are_within_ten_years check (3650 >= all (reminder_thresholds_days));
comment on column public.organisation_settings.certification_reminders_enabled is
'Off: nobody is reminded. Expired certificates still take their effect.';

-- Free text may stand in this table only, so the reason of a change is kept here and in no log.
alter table public.peer_mentors
add column status_reason text,
add constraint status_reason_is_short check (length(status_reason) <= 500);
comment on column public.peer_mentors.status_reason is 'Why the status was last changed, in the words of who changed it.';

-- A run finds the few certificates that matter among all that ever were.
create index certifications_expiry on public.certifications (organisation_id, expires_on);

create table public.certification_expiry_runs (
    run_id uuid primary key default gen_random_uuid(),
    as_of date not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    status text not null default 'running',
    total_transitioned int not null default 0,
    total_reminders_sent int not null default 0,
    total_failures int not null default 0,
    note text,
    is_local_today boolean not null default false,
    constraint status_is_known check (status in ('running', 'succeeded', 'crashed')),
    constraint finished_at_is_set_when_it_succeeded check ((finished_at is not null) = (status = 'succeeded'))
);
comment on table public.certification_expiry_runs is
'The ledger of expiry runs. Totals count all organisations. Unfinished rows that a later run finds are crashed.';
comment on column public.certification_expiry_runs.is_local_today is
'No date was given: every organisation''s own today, and as_of is today in Europe/Oslo.';
create index certification_expiry_runs_started on public.certification_expiry_runs (started_at);
create index certification_expiry_runs_unfinished on public.certification_expiry_runs (run_id) where status = 'running';

create table private.certification_run_totals (
    run_id uuid not null references public.certification_expiry_runs (run_id) on delete cascade,
    organisation_id uuid not null references public.organisations (id),
    transitioned int not null,
    reminders_sent int not null,
    failures int not null,
    primary key (run_id, organisation_id)
);
comment on table private.certification_run_totals is
'What a run did for each organisation that it did something for: known also when its log entries could not be written.';

create table public.cert_expiry_reminders (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null,
    mentor_id uuid not null,
    certification_id uuid,
    threshold_day int not null,
    certification_expiry_date date not null,
    run_id uuid,
    sent_at timestamptz not null default clock_timestamp(),
    unique (organisation_id, id),
    constraint one_reminder_for_each_threshold unique (mentor_id, threshold_day, certification_expiry_date),
    foreign key (organisation_id, mentor_id) references public.peer_mentors (organisation_id, id),
    foreign key (organisation_id, certification_id) references public.certifications (organisation_id, id)
);
comment on table public.cert_expiry_reminders is
'Reminders handed to the outbox. A renewal has another expiry date, and so gets reminders of its own.';
create index cert_expiry_reminders_mentor on public.cert_expiry_reminders (organisation_id, mentor_id);
create index cert_expiry_reminders_certification on public.cert_expiry_reminders (organisation_id, certification_id);

-- What the functions hand to one another. -----------------------------------------------------------

create type private.certification_event as (
    mentor_id uuid,
    organisation_id uuid,
    certification_id uuid,
    expires_on date,
    event_type text,
    threshold_days int
);
comment on type private.certification_event is 'What a run has to do for one mentor.';

create type private.certification_entry as (
    mentor_id uuid,
    organisation_id uuid,
    certification_id uuid,
    event_type text,
    old_status public.mentor_status,
    new_status public.mentor_status,
    threshold_days int,
    entered_at timestamptz,
    error_message text
);
comment on type private.certification_entry is 'What a run did for one mentor: a log entry that is not yet written.';

create type private.mentor_message as (
    mentor_id uuid,
    kind text,
    payload jsonb,
    dedupe_key text
);
comment on type private.mentor_message is 'A message about a mentor, for the mentor and the coordinators in scope.';

-- The logs. Partitions are made by private.ensure_log_partitions. ------------------------------------

create table public.certification_expiry_audit_log (
    id uuid not null default gen_random_uuid(),
    run_id uuid not null,
    mentor_id uuid not null,
    certification_id uuid,
    event_type text not null,
    old_status public.mentor_status,
    new_status public.mentor_status,
    threshold_days int,
    "timestamp" timestamptz not null default clock_timestamp(),
    error_message text,
    organisation_id uuid not null,
    primary key (id, "timestamp"),
    constraint event_type_is_known
    check (event_type in ('status_transitioned', 'reminder_dispatched', 'transition_failed', 'reminder_failed')),
    constraint error_message_is_short check (length(error_message) <= 500)
) partition by range ("timestamp");
comment on table public.certification_expiry_audit_log is
'What every expiry run did for every mentor it had to do something for. Append-only.';
create index certification_audit_run on public.certification_expiry_audit_log (run_id, "timestamp", id);
create index certification_audit_mentor on public.certification_expiry_audit_log (mentor_id, "timestamp");
create index certification_audit_organisation on public.certification_expiry_audit_log (organisation_id, "timestamp");

create table public.mentor_status_changes (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    mentor_id uuid not null,
    old_status public.mentor_status not null,
    new_status public.mentor_status not null,
    changed_at timestamptz not null,
    changed_by uuid,
    cause text not null,
    run_id uuid,
    primary key (id, changed_at),
    constraint it_is_a_change check (old_status <> new_status),
    constraint cause_is_known check (cause in ('transition', 'renewal', 'expiry_run', 'direct')),
    constraint an_expiry_run_names_itself check ((cause = 'expiry_run') = (run_id is not null))
) partition by range (changed_at);
comment on table public.mentor_status_changes is
'Every change of a mentor''s status, by whatever way: the history that the other logs are tied to. Append-only.';
comment on column public.mentor_status_changes.cause is
'transition, renewal: by the RPC of that name; expiry_run: by the run that run_id names; direct: by SQL of the '
'database''s own staff.';
comment on column public.mentor_status_changes.changed_by is 'The user id from the caller''s claims, if there were any.';
create index mentor_status_changes_mentor on public.mentor_status_changes (mentor_id, changed_at);
create index mentor_status_changes_organisation on public.mentor_status_changes (organisation_id, changed_at);
create index mentor_status_changes_run on public.mentor_status_changes (run_id) where run_id is not null;

insert into private.logs (log_name, time_column)
values
('certification_expiry_audit_log', 'timestamp'),
('mentor_status_changes', 'changed_at');

reset role;
