set role peerledger_owner;

alter table public.badge_evaluation_logs alter column badges_evaluated set storage extended;
alter table public.badge_evaluation_logs alter column criteria_outcomes set storage extended;
alter table private.badge_findings alter column badges_evaluated set storage extended;
alter table private.badge_findings alter column criteria_outcomes set storage extended;

alter type private.day_change drop attribute day_minutes;
comment on type private.day_change is
'A row that private.activity_days is to have, as counted from the activities, and what of it a statement added.';

reset role;
