set role peerledger_owner;
drop function if exists private.last_good_night (text [], timestamptz);
alter table public.job_runs drop column first_started_at;
reset role;
