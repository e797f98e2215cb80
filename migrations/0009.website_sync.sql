-- depends: 0008.proxy_registration
-- The public website lists active mentors. For each mentor one row says how the website should be, and
-- how far it is on the way there; a log keeps every attempt.
set role peerledger_owner;

create table public.hlf_sync_state (
    mentor_id uuid primary key,
    organisation_id uuid not null,
    operation text not null,
    desired_version bigint not null default 1,
    applied_version bigint not null default 0,
    state text not null default 'pending',
    attempts int not null default 0,
    next_attempt_at timestamptz not null default now(),
    retry_not_before timestamptz,
    leased_by text,
    lease_expires_at timestamptz,
    triggered_by_event text not null,
    last_error text,
    updated_at timestamptz not null default now(),
    claimed_version bigint,
    claimed_operation text,
    claimed_event text,
    confirmed_operation text,
    is_doubtful boolean not null default false,
    due_at timestamptz generated always as (
        case
            when state = 'in_progress' then lease_expires_at
            when state = 'pending' or (state = 'synced' and is_doubtful) then next_attempt_at
        end
    ) stored,
    unique (organisation_id, mentor_id),
    -- A mentor may move with their row. Nothing cascades on delete: a mentor who may still be on the
    -- website must not vanish together with the wish to remove them.
    foreign key (organisation_id, mentor_id) references public.peer_mentors (organisation_id, id) on update cascade,
    constraint operation_is_known check (operation in ('remove', 'restore')),
    constraint claimed_operation_is_known check (claimed_operation in ('remove', 'restore')),
    constraint confirmed_operation_is_known check (confirmed_operation in ('remove', 'restore')),
    constraint state_is_known check (state in ('pending', 'in_progress', 'synced', 'dead_lettered')),
    constraint attempts_is_not_negative check (attempts >= 0),
    constraint applied_is_not_newer_than_desired check (applied_version <= desired_version),
    constraint work_in_progress_has_a_lease
    check (state <> 'in_progress' or (leased_by is not null and lease_expires_at is not null)),
    constraint last_error_is_short check (length(last_error) <= 500)
) with (fillfactor = 70);
comment on table public.hlf_sync_state is
'How the website should show each mentor, and how far that is. One row a mentor, written by functions only.';
comment on column public.hlf_sync_state.desired_version is 'Rises with each change of what is wanted.';
comment on column public.hlf_sync_state.applied_version is
'The newest version that the website has confirmed, or that needed no request.';
comment on column public.hlf_sync_state.attempts is 'Attempts for this version that did not succeed; 401 does not count.';
comment on column public.hlf_sync_state.retry_not_before is
'What the last Retry-After said; whatever is wanted meanwhile waits too. Null after a success.';
comment on column public.hlf_sync_state.claimed_version is
'What the holder of the lease was given. What is wanted may change while a request is under way.';
comment on column public.hlf_sync_state.confirmed_operation is
'What the website last confirmed; null when a request that says otherwise may have been applied.';
comment on column public.hlf_sync_state.is_doubtful is
'A request of an older version was reported late and may have been applied last: the state is sent once more.';
comment on column public.hlf_sync_state.due_at is 'When a worker may take it; null: never.';
-- One range for the removals and one for the restores: a claim reads the removals to their end first.
create index hlf_sync_state_due on public.hlf_sync_state (operation, due_at) where due_at is not null;
create index hlf_sync_state_dead_letters on public.hlf_sync_state (organisation_id, operation, updated_at)
where state = 'dead_lettered';

-- One person may be a mentor of two organisations: the website lists the contact while either is active.
create index peer_mentors_contact on public.peer_mentors (dynamics_contact_id) where dynamics_contact_id is not null;

create table public.hlf_sync_pauses (
    organisation_id uuid not null references public.organisations (id) on delete cascade,
    reason text not null,
    paused_at timestamptz not null default clock_timestamp(),
    primary key (organisation_id, reason),
    constraint reason_is_known check (reason in ('credentials_refused', 'operator'))
);
comment on table public.hlf_sync_pauses is
'Organisations whose sync stands still. A good credential check ends the one reason, an operator the other.';

create table public.hlf_removals (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null,
    mentor_id uuid not null,
    wanted_at timestamptz not null default clock_timestamp(),
    confirmed_at timestamptz,
    cancelled_at timestamptz,
    unique (organisation_id, id),
    foreign key (organisation_id, mentor_id) references public.peer_mentors (organisation_id, id) on update cascade,
    constraint it_ends_in_one_way check (num_nonnulls(confirmed_at, cancelled_at) <= 1)
);
comment on table public.hlf_removals is
'From when to when a mentor who should not be on the website may have been visible there.';
comment on column public.hlf_removals.cancelled_at is
'No removal to wait for any more: the mentor is active again, another active mentor has the contact, or it was cleared.';
create unique index one_open_removal_for_each_mentor on public.hlf_removals (mentor_id)
where confirmed_at is null and cancelled_at is null;
create index hlf_removals_wanted on public.hlf_removals (organisation_id, wanted_at);
create index hlf_removals_mentor on public.hlf_removals (organisation_id, mentor_id);

create type private.hlf_sync_result as (
    position int,
    mentor_id uuid,
    desired_version bigint,
    worker text,
    response_code int,
    error_kind text,
    retry_after text,
    credential_organisations uuid[]
);
comment on type private.hlf_sync_result is 'What a worker saw of one request, checked.';

create type private.hlf_sync_verdict as (
    position int,
    mentor_id uuid,
    organisation_id uuid,
    version bigint,
    refusal text,
    verdict text,
    state text,
    attempts int,
    next_attempt_at timestamptz,
    retry_not_before timestamptz,
    error_message text,
    outcome text,
    retry_count int,
    operation text,
    response_code int,
    triggered_by_event text,
    credential_organisations uuid[]
);
comment on type private.hlf_sync_verdict is
'What comes of a result: why it is refused, or the row''s next state and the entry of the log.';

-- The log. Partitions are made by private.ensure_log_partitions. -----------------------------------

create table public.hlf_sync_audit_log (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    mentor_id uuid not null,
    operation text not null,
    dynamics_response_code int,
    retry_count int not null default 0,
    outcome text not null,
    error_message text,
    triggered_by_event text not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (id, created_at),
    constraint operation_is_known check (operation in ('remove', 'restore')),
    constraint outcome_is_known check (outcome in ('success', 'failure', 'dead_lettered')),
    constraint response_code_is_a_status check (dynamics_response_code between 100 and 599),
    constraint retry_count_is_not_negative check (retry_count >= 0),
    constraint error_message_is_short check (length(error_message) <= 500),
    constraint event_is_known
    check (triggered_by_event ~ '^(status_change:[a-z_]+|manual_coordinator_requeue|reconciliation)$')
) partition by range (created_at);
comment on table public.hlf_sync_audit_log is 'Every attempt to bring a mentor''s state to the website. Append-only.';
create index idx_hlf_sync_audit_mentor on public.hlf_sync_audit_log (mentor_id, created_at);
create index idx_hlf_sync_audit_outcome on public.hlf_sync_audit_log (outcome, created_at);
create index idx_hlf_sync_audit_org on public.hlf_sync_audit_log (organisation_id, created_at);

insert into private.logs (log_name, time_column) values ('hlf_sync_audit_log', 'created_at');

reset role;

-- Mentors from before: sent once, whatever the website shows now. As the migrating role, which no
-- policy hides a row from: the owner sees none while a rollback has taken the policies away.
insert into public.hlf_sync_state (mentor_id, organisation_id, operation, triggered_by_event)
select
    mentor.id, mentor.organisation_id,
    case when mentor.status = 'active' then 'restore' else 'remove' end,
    'status_change:' || mentor.status
from public.peer_mentors as mentor
where mentor.dynamics_contact_id is not null;

insert into public.hlf_removals (organisation_id, mentor_id)
select state.organisation_id, state.mentor_id
from public.hlf_sync_state as state
where state.operation = 'remove';
