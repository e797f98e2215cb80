-- depends: 0002.tenancy
-- What mentors do, and the notes about it, which no log ever sees.
set role peerledger_owner;

create table public.activities (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null,
    mentor_id uuid not null,
    coordinator_id uuid,
    activity_type text not null,
    occurred_on date not null,
    duration_minutes int not null,
    participant_count int not null default 1,
    delivery_mode text not null default 'in_person',
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (organisation_id, id),
    foreign key (organisation_id, mentor_id) references public.peer_mentors (organisation_id, id),
    -- Codes, not prose: they are copied into logs, where nothing personal may stand.
    constraint activity_type_is_a_code check (activity_type ~ '^[A-Za-z][A-Za-z0-9_-]{0,59}$'),
    constraint delivery_mode_is_a_code check (delivery_mode ~ '^[A-Za-z][A-Za-z0-9_-]{0,59}$'),
    constraint occurred_on_is_a_plausible_date check (occurred_on between '1970-01-01' and '2199-12-31'),
    constraint duration_minutes_is_within_a_day check (duration_minutes between 1 and 1440),
    constraint participant_count_is_plausible check (participant_count between 1 and 100000)
);
comment on table public.activities is
'What a mentor did. coordinator_id not null: registered on the mentor''s behalf. Wrong ones are voided, not deleted.';
comment on column public.activities.coordinator_id is 'The user id of the coordinator who registered it by proxy.';
create index activities_mentor on public.activities (mentor_id, occurred_on);
-- Reconciliation asks what came in or changed since.
create index activities_updated on public.activities (updated_at);

create table public.activity_notes (
    activity_id uuid primary key,
    organisation_id uuid not null,
    body text not null,
    foreign key (organisation_id, activity_id)
    references public.activities (organisation_id, id) on delete cascade
);
comment on table public.activity_notes is 'Free text about an activity. Personal; never copied into a log.';

reset role;
