set role peerledger_owner;

-- The older code takes every value for what it is: let it count again.
update private.mentor_measures set catalogue_version = null where true;

alter table private.badge_reconciliations drop column mentors_skipped;
alter table public.organisation_settings drop column badge_time_budget_ms;

drop type private.raised_measures cascade;
drop type private.uncertain_measure cascade;
drop type private.measure_request cascade;
drop type private.day_change cascade;

alter table private.mentor_measures
drop column headroom,
drop column headroom_kinds,
drop column added_activities,
drop column added_minutes,
drop column added_participants,
drop column added_late,
drop column added_from,
drop column added_to,
drop column latest_on,
add column rebuilt_at timestamptz;
comment on column private.mentor_measures.rebuilt_at is
'The statement that last recomputed the rollup. Its other triggers may still come: they recompute once more.';
comment on column private.mentor_measures.measures is
'By measure id: never less than the true value, and on the same side of every threshold. Sums without a window are exact.';

comment on table private.badge_catalogues is
'The version rises when an organisation gets a new measure; a mentor''s row of an older one is recomputed when next read.';
alter table private.badge_measures drop column changed_in;

drop function if exists private.badge_evidence (uuid [], uuid);
drop function if exists public.preview_badge (uuid, jsonb, int, int);
drop function if exists public.continue_badge_reconciliation (uuid, int);

create type private.measure_doubt as (
    measure_id int,
    known bigint,
    first_day date,
    last_day date
);
comment on type private.measure_doubt is
'A measure whose bound crossed a threshold: what was known before, and the days whose series decides.';

create type private.measure_gain as (
    mentor_id uuid,
    measures jsonb,
    crosses_threshold boolean,
    doubts private.measure_doubt []
);
comment on type private.measure_gain is 'What an addition does to the measures of one mentor.';

-- Before the ids are int again, in which they may not fit.
alter table private.badge_measures alter column id type int;

reset role;
