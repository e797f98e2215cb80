-- depends: 0014.norwegian_codes
-- When a job of a date was begun for the first time: nights are expected from the first one that was begun on its
-- own date, and not from a past or future date that somebody asked for.
set role peerledger_owner;

alter table public.job_runs add column first_started_at timestamptz not null default clock_timestamp();
update public.job_runs set first_started_at = started_at;
comment on column public.job_runs.first_started_at is 'Of its first attempt; started_at is of the last one.';

-- It is asked about certain jobs now.
drop function if exists private.last_good_night ();

reset role;
