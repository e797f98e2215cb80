set role peerledger_owner;

drop type private.problem;
drop table private.badge_reconciliation_totals;
alter table private.badge_reconciliations drop column is_nightly;
comment on column public.job_runs.details is null;
drop index public.job_runs_night;
drop index public.job_runs_unfinished;

reset role;
