-- depends: 0021.website_outages
-- One night, whichever way it is started: what each organisation's reconciliation came to, and what needs a person, as SQL has it.
set role peerledger_owner;

-- Of hundreds of thousands of rows the few that did not end well, and those of one night.
create index job_runs_unfinished on public.job_runs (job, business_date) where state in ('running', 'failed');
create index job_runs_night on public.job_runs (business_date);
comment on column public.job_runs.details is
'What came of it, in numbers: of the organisation''s row its own, of the row without an organisation of all together.';

alter table private.badge_reconciliations add column is_nightly boolean not null default false;
comment on column private.badge_reconciliations.is_nightly is 'Begun by the night, which sees to it; not to be resumed by hand.';

create table private.badge_reconciliation_totals (
    reconciliation_id uuid not null references private.badge_reconciliations (id) on delete cascade,
    organisation_id uuid not null references public.organisations (id) on delete cascade,
    mentors_done bigint not null,
    mentors_missing bigint not null,
    badges_awarded bigint not null,
    primary key (reconciliation_id, organisation_id)
);
comment on table private.badge_reconciliation_totals is 'What a reconciliation of badges did for each organisation so far.';
create index badge_reconciliation_totals_organisation on private.badge_reconciliation_totals (organisation_id);

create type private.problem as (
    code text,
    severity text,
    organisation_id uuid,
    message text,
    action text,
    affected bigint,
    oldest_at timestamptz
);
comment on type private.problem is
'Something for a person: which kind, how bad (critical, warning, or info for what needs nothing done), whose (null: of all), what it
is and what to do next in plain English, how many are affected, and since when.';

-- Their arguments or results are others now.
drop function if exists private.begin_night (text [], timestamptz);
drop function if exists private.end_night ();
drop function if exists public.reconcile_hlf_sync (jsonb, uuid []);
drop function if exists private.prepare_proxy_entries (jsonb, uuid, boolean);

reset role;
