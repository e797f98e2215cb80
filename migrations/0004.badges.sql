-- depends: 0003.activities
-- Badges: what organisations define, what mentors earned, and what the evaluation reads.
set role peerledger_owner;

create table public.badge_definitions (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references public.organisations (id),
    slug text not null,
    name text not null,
    description text not null default '',
    criteria jsonb not null,
    criteria_version int not null default 1,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (organisation_id, id),
    unique (organisation_id, slug),
    constraint slug_is_a_code check (slug ~ '^[a-z0-9]+([_-][a-z0-9]+)*$'),
    constraint name_is_not_blank check (btrim(name) <> '')
);
comment on table public.badge_definitions is 'A badge and its criteria; changing the criteria makes a new version.';

create table public.earned_badges (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null,
    mentor_id uuid not null,
    badge_definition_id uuid not null,
    criteria_version int not null,
    evidence jsonb not null,
    qualified_on date not null,
    earned_at timestamptz not null default clock_timestamp(),
    revoked_at timestamptz,
    revoked_by uuid,
    revoke_reason text,
    unique (organisation_id, id),
    unique (mentor_id, badge_definition_id),
    -- Both parents through the one organisation_id: an award across organisations cannot exist.
    foreign key (organisation_id, mentor_id) references public.peer_mentors (organisation_id, id),
    foreign key (organisation_id, badge_definition_id) references public.badge_definitions (organisation_id, id),
    constraint revocation_has_a_time check (revoked_at is not null or (revoked_by is null and revoke_reason is null))
);
comment on table public.earned_badges is
'Badges that mentors hold or held. A revoked one stays as history and is not awarded again until it is reinstated.';
comment on column public.earned_badges.qualified_on is
'The date of the activity that crossed the line, whenever it was entered or evaluated.';
comment on column public.earned_badges.evidence is
'For each leaf of the criteria: path, metric, value reached, threshold, and the date from which it was met.';
create index earned_badges_definition on public.earned_badges (organisation_id, badge_definition_id);
create index earned_badges_earned_at on public.earned_badges (organisation_id, earned_at);

-- What the evaluation reads instead of a mentor's whole history. -----------------------------------

create table private.activity_days (
    mentor_id uuid not null,
    occurred_on date not null,
    activity_type text not null,
    delivery_mode text not null,
    activity_count bigint not null,
    minutes_total bigint not null,
    participants_total bigint not null,
    primary key (mentor_id, occurred_on, activity_type, delivery_mode)
) with (fillfactor = 80);
comment on table private.activity_days is
'Rollup of the activities that count (not voided): one row a mentor, day, type and mode. Kept by the triggers of activities.';

create table private.badge_measures (
    id int generated always as identity primary key,
    organisation_id uuid not null references public.organisations (id),
    metric text not null,
    activity_types text[],
    delivery_modes text[],
    within_days int,
    from_on date,
    to_on date,
    constraint one_measure_for_each_question
    unique nulls not distinct (organisation_id, metric, activity_types, delivery_modes, within_days, from_on, to_on)
);
comment on table private.badge_measures is
'The distinct questions that an organisation''s criteria ask of the activities, without their thresholds.';

create table private.badge_rules (
    badge_definition_id uuid primary key references public.badge_definitions (id) on delete cascade,
    organisation_id uuid not null,
    criteria_version int not null,
    formula jsonpath not null,
    leaves jsonb not null
);
comment on table private.badge_rules is
'Criteria compiled when they are written: a jsonpath predicate over a mentor''s measures, and its leaves.';
create index badge_rules_organisation on private.badge_rules (organisation_id);

create table private.badge_catalogues (
    organisation_id uuid primary key references public.organisations (id),
    version int not null default 1
);
comment on table private.badge_catalogues is
'The version rises when an organisation gets a new measure; a mentor''s row of an older one is recomputed when next read.';

create table private.mentor_measures (
    mentor_id uuid primary key references public.peer_mentors (id) on delete cascade,
    organisation_id uuid not null,
    measures jsonb not null default '{}',
    catalogue_version int,
    rebuilt_at timestamptz
) with (fillfactor = 70);
comment on table private.mentor_measures is
'A mentor''s value of each measure, by measure id. The row is also the lock that puts two sessions in order.';
comment on column private.mentor_measures.catalogue_version is
'The catalogue the values were computed for; null: not to be trusted, recompute from the activities.';

create type private.touched_mentor as (
    mentor_id uuid,
    organisation_id uuid,
    activity_ids uuid[]
);
comment on type private.touched_mentor is 'A mentor of one statement, and the activities that made it look at them.';

create type private.measure_change as (
    mentor_id uuid,
    measure_id int,
    gain bigint,
    first_day date,
    last_day date,
    needs_series boolean
);
comment on type private.measure_change is
'What an addition does to a measure: it grows by gain, or the series from first_day to last_day decides.';

create type private.badge_outcome as (
    mentor_id uuid,
    organisation_id uuid,
    badges_evaluated jsonb,
    criteria_outcomes jsonb,
    badges_due uuid[],
    badges_broken uuid[],
    badges_awarded uuid[]
);
comment on type private.badge_outcome is 'What the evaluation of one mentor found, and what came of it.';

comment on column private.mentor_measures.rebuilt_at is
'The statement that last recomputed the rollup. Its other triggers may still come: they recompute once more.';

-- The log. Partitions are made by private.ensure_log_partitions. -----------------------------------

create table private.logs (
    log_name text primary key,
    time_column text not null
);
comment on table private.logs is 'The append-only logs: the list that partition upkeep, retention and archive go by.';

create table public.badge_evaluation_logs (
    id uuid not null default gen_random_uuid(),
    peer_mentor_id uuid not null,
    org_id uuid not null,
    triggered_at timestamptz not null default clock_timestamp(),
    badges_evaluated jsonb not null default '[]',
    criteria_outcomes jsonb not null default '{}',
    badges_awarded uuid[] not null default '{}',
    error_message text,
    duration_ms int not null,
    activity_ids uuid[] not null default '{}',
    source text not null,
    primary key (id, triggered_at),
    constraint badges_evaluated_is_an_array check (jsonb_typeof(badges_evaluated) = 'array'),
    constraint criteria_outcomes_is_an_object check (jsonb_typeof(criteria_outcomes) = 'object'),
    constraint error_message_is_short check (length(error_message) <= 500),
    constraint duration_is_at_least_one_ms check (duration_ms >= 1),
    constraint source_is_known
    check (source in ('activity_insert', 'activity_update', 'reconciliation', 'manual'))
) partition by range (triggered_at);
comment on table public.badge_evaluation_logs is 'Every evaluation of a mentor''s badges. Append-only.';
create index idx_eval_logs_org on public.badge_evaluation_logs (org_id, triggered_at);
create index idx_eval_logs_mentor on public.badge_evaluation_logs (peer_mentor_id, triggered_at);

insert into private.logs (log_name, time_column) values ('badge_evaluation_logs', 'triggered_at');

reset role;
