-- depends: 0015.operations
-- Bounds that stay bounded, ids that do not run out, and what a single activity needs to be counted without a look at
-- the history: how far a mentor is from the nearest thresholds, and what was added since that was worked out.
set role peerledger_owner;

-- Their parameters, results or types change; the replayable files make them anew.
drop function if exists private.evaluate_activities (private.touched_mentor [], private.activity_days [], text, boolean);
drop function if exists private.record_activity_days (private.activity_days []);
drop function if exists private.measure_gains (private.activity_days []);
drop function if exists private.settle_doubts (private.measure_gain []);
drop function if exists private.measure_series (uuid [], int [], date [], date []);
drop function if exists private.exact_measures (uuid []);
drop function if exists private.rebuild_measures (uuid []);
drop function if exists private.badge_evidence (uuid [], uuid);
drop function if exists private.leaf_question (jsonb);
drop function if exists private.settle_mentors (private.badge_outcome []);
drop function if exists public.preview_badge (uuid, jsonb);
drop function if exists public.continue_badge_reconciliation (uuid, int);
drop type private.measure_gain;
drop type private.measure_doubt;

-- Measures. ----------------------------------------------------------------------------------------

alter table private.badge_measures alter column id type bigint;
alter table private.badge_measures add column changed_in int not null default 0;
comment on column private.badge_measures.changed_in is
'The version of the catalogue that gave it its thresholds: mentors of an older one have this measure recomputed, and no other.';

comment on table private.badge_catalogues is
'The version rises with every change of an organisation''s badges; a mentor''s row of an older one is brought up to date '
'when next read, alone.';

-- Mentors. -----------------------------------------------------------------------------------------

alter table private.mentor_measures
drop column rebuilt_at,
add column headroom jsonb,
add column headroom_kinds text[] not null default '{}',
add column added_activities bigint not null default 0,
add column added_minutes bigint not null default 0,
add column added_participants bigint not null default 0,
add column added_late boolean not null default false,
add column added_from date,
add column added_to date,
add column latest_on date;
comment on column private.mentor_measures.measures is
'By measure id: an upper bound that, once what was added since is counted in, is on the same side of every threshold as the '
'true value. It never exceeds the highest threshold for long: beyond it nothing can change.';
comment on column private.mentor_measures.headroom is
'By kind of activity (type/mode): how many activities in any order, how many each later than all before, how many minutes and '
'participants can be added since the measures were computed before any outcome can change. Null: not known.';
comment on column private.mentor_measures.headroom_kinds is
'The kinds that headroom is worked out for: the latest ones of this mentor.';
comment on column private.mentor_measures.added_activities is
'Activities that were added since the measures were computed, and that only the rollup knows of; likewise added_minutes and '
'added_participants.';
comment on column private.mentor_measures.added_late is
'One of them was earlier than another activity of the mentor, and may have joined two streaks.';
comment on column private.mentor_measures.added_from is 'The first of the days of what was added.';
comment on column private.mentor_measures.added_to is 'The last of the days of what was added.';
comment on column private.mentor_measures.latest_on is
'No activity of the mentor that counts is later; null: not known.';

create type private.day_change as (
    mentor_id uuid,
    occurred_on date,
    activity_type text,
    delivery_mode text,
    activity_count bigint,
    minutes_total bigint,
    participants_total bigint,
    added_count bigint,
    added_minutes bigint,
    added_participants bigint
);
comment on type private.day_change is
'A row that private.activity_days is to have, as counted from the activities, and what of it a statement added.';

create type private.measure_request as (
    mentor_id uuid,
    measure_id bigint,
    first_day date,
    last_day date
);
comment on type private.measure_request is
'A mentor, a measure, and between which days to look; null: no limit.';

create type private.uncertain_measure as (
    measure_id bigint,
    known bigint,
    first_day date,
    last_day date
);
comment on type private.uncertain_measure is
'A measure whose bound crossed a threshold: what was known before, and the days that decide.';

create type private.raised_measures as (
    mentor_id uuid,
    measures jsonb,
    crosses_threshold boolean,
    uncertain private.uncertain_measure []
);
comment on type private.raised_measures is 'How far additions may raise the measures of one mentor.';

-- Reconciliation. ----------------------------------------------------------------------------------

alter table public.organisation_settings
add column badge_time_budget_ms int not null default 5000,
add constraint badge_time_budget_ms_is_plausible check (badge_time_budget_ms between 1 and 3600000);
comment on column public.organisation_settings.badge_time_budget_ms is
'How long reconciliation works on one mentor before it goes on with the others and raises an alert.';

alter table private.badge_reconciliations add column mentors_skipped bigint not null default 0;
comment on column private.badge_reconciliations.mentors_skipped is
'Mentors whose time budget was used up; an alert names them.';

reset role;
