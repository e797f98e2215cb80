-- depends: 0046.grants
-- The definition of the metrics can be asked of activities that are given, and of a day: for explanations and simulations. The
-- functions have new arguments, and a function with others would be a second one.
set role peerledger_owner;

drop function if exists private.measure_series (private.measure_request [], private.badge_measures [], boolean);
drop function if exists private.criteria_evidence (uuid [], jsonb, jsonb, private.badge_measures [], boolean);

create type private.known_activity as (
    activity_id uuid,
    activity_type text,
    occurred_on date,
    duration_minutes int,
    participant_count int,
    delivery_mode text,
    is_voided boolean
);
comment on type private.known_activity is 'An activity of a mentor as it was known at some moment.';

create type public.criteria_change as (
    mentor_id uuid,
    change_kind text,
    qualified_on date,
    held_since date,
    total_count bigint
);
comment on type public.criteria_change is 'What other criteria of a badge would change for a mentor.';
comment on column public.criteria_change.mentor_id is 'The mentor.';
comment on column public.criteria_change.change_kind is
'gains: would newly get it; keeps: has it and would have got it; would_not_have: has it, and would not have got it.';
comment on column public.criteria_change.qualified_on is 'The day on which the mentor would have reached the other criteria.';
comment on column public.criteria_change.held_since is 'The day on which the mentor qualified for the badge that they hold.';
comment on column public.criteria_change.total_count is 'The number of mentors on all pages.';

reset role;
