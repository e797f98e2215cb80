-- depends: 0010.log_protection
-- Delivering what the outbox holds: who holds a message and until when, quiet hours and digests of an
-- organisation, the devices of a user; and the ledger of the nightly jobs.
set role peerledger_owner;

alter table public.organisation_settings
add column locale text not null default 'nb',
add column quiet_from time not null default '21:00',
add column quiet_until time not null default '08:00',
add column digest_at time not null default '08:00',
add constraint locale_is_known check (locale in ('nb', 'en'));
comment on column public.organisation_settings.locale is 'The language of its messages: nb or en.';
comment on column public.organisation_settings.quiet_from is
'From here to quiet_until, by local clocks, messages wait. The same time twice: no quiet hours.';
comment on column public.organisation_settings.digest_at is
'When a coordinator gets the digest of the day, by local clocks.';

alter table public.notifications
add column leased_by text,
add column lease_expires_at timestamptz,
add column digest_id uuid,
add column digest_on date,
add constraint who_works_on_it_holds_a_lease check (
    (state = 'in_progress') = (leased_by is not null) and (state = 'in_progress') = (lease_expires_at is not null)
),
add constraint a_digest_has_a_day check ((digest_id is null) = (digest_on is null));
comment on column public.notifications.next_attempt_at is
'When it is due; of one in progress, when its lease ends and another worker may take it over.';
comment on column public.notifications.digest_id is
'The first notification of the digest that this one is part of. A digest keeps its members through all attempts.';
create unique index one_digest_a_day on public.notifications (organisation_id, recipient_user_id, digest_on)
where digest_id = id;
create index notifications_digest on public.notifications (digest_id) where digest_id is not null;
create index notifications_for_digests on public.notifications (next_attempt_at)
where state = 'pending' and digest_id is null and recipient_user_id is not null;
create index notifications_dead on public.notifications (organisation_id, created_at) where state = 'dead_lettered';

create table public.device_tokens (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null,
    token text not null unique,
    platform text not null,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    constraint platform_is_known check (platform in ('android', 'ios', 'web')),
    constraint token_is_one_word check (token ~ '^[!-~]+$'),
    constraint token_is_short check (length(token) <= 2048)
);
comment on table public.device_tokens is
'Where the push messages of a user go. A token is a secret: whoever has it can address the device.';
create index device_tokens_user on public.device_tokens (user_id, last_seen_at);

alter table public.ops_alerts add column acknowledged_by uuid;
comment on column public.ops_alerts.acknowledged_by is 'The user, or null when it was done with the service role.';
create index ops_alerts_organisation on public.ops_alerts (organisation_id, raised_at);

create table public.job_runs (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid references public.organisations (id),
    job text not null,
    business_date date not null,
    state text not null default 'running',
    reason text,
    attempts int not null default 1,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    details jsonb not null default '{}',
    constraint one_row_for_an_organisation_job_and_date
    unique nulls not distinct (organisation_id, job, business_date),
    constraint job_is_one_word check (job ~ '^[a-z][a-z_]{0,62}$'),
    constraint state_is_known check (state in ('running', 'ran', 'caught_up', 'failed', 'skipped')),
    constraint what_ended_has_an_end check ((state = 'running') = (finished_at is null)),
    constraint failed_and_skipped_say_why check (state not in ('failed', 'skipped') or coalesce(btrim(reason), '') <> ''),
    constraint reason_is_short check (length(reason) <= 500)
);
comment on table public.job_runs is
'The ledger of the nightly jobs: what became of each job, for each organisation (null: for all together) and date.';
create index job_runs_job on public.job_runs (job, business_date);

reset role;
