-- depends: 0016.badge_bounds
-- The minutes of a whole day are counted with the day, for the limit of 24 hours; long entries of the log stay in one place.
set role peerledger_owner;

alter type private.day_change add attribute day_minutes bigint;
comment on type private.day_change is
'A row that private.activity_days is to have, as counted from the activities, what of it a statement added, and the minutes of '
'the mentor''s whole day.';

-- With many badges these are some kilobytes of ids, which hardly compress. Inline they are one write, out of line five.
alter table public.badge_evaluation_logs alter column badges_evaluated set storage main;
alter table public.badge_evaluation_logs alter column criteria_outcomes set storage main;
alter table private.badge_findings alter column badges_evaluated set storage main;
alter table private.badge_findings alter column criteria_outcomes set storage main;

reset role;
