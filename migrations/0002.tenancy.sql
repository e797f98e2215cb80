-- depends: 0001.platform
-- Organisations, their chapters, and who coordinates and mentors in them.
-- Children refer to their parents by (organisation_id, id): no row can join two organisations.
set role peerledger_owner;

create type public.mentor_status as enum ('active', 'paused', 'expired_cert', 'withdrawn');

-- Used in CHECKs, so it lives here and not among the replayable functions.
create function private.is_time_zone(time_zone text) returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    perform now() at time zone is_time_zone.time_zone;
    return true;
exception
    when invalid_parameter_value then
        return false;
end
$$;
comment on function private.is_time_zone is 'Does PostgreSQL know this time zone?';

create function private.are_thresholds(days int[]) returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select
        coalesce(bool_and(day > 0), false)
        and count(*) = count(distinct day)
    from unnest(are_thresholds.days) as day
$$;
comment on function private.are_thresholds is 'Are these reminder thresholds (days before expiry) positive and distinct?';

create table public.organisations (
    id uuid primary key default gen_random_uuid(),
    slug text not null unique,
    name text not null,
    time_zone text not null default 'Europe/Oslo',
    created_at timestamptz not null default now(),
    constraint slug_is_lower_case_words check (slug ~ '^[a-z0-9]+([_-][a-z0-9]+)*$'),
    constraint name_is_not_blank check (btrim(name) <> ''),
    constraint time_zone_is_known check (private.is_time_zone(time_zone))
);
comment on table public.organisations is 'A charity. Every other row belongs to exactly one.';
comment on column public.organisations.time_zone is 'IANA name. Dates (expiry, "today", summaries) are meant in it.';

create table public.organisation_settings (
    organisation_id uuid primary key references public.organisations (id) on delete cascade,
    reminder_thresholds_days int[] not null default '{30,14,7}',
    badges_enabled boolean not null default true,
    website_sync_enabled boolean not null default true,
    sync_max_attempts int not null default 8,
    constraint reminder_thresholds_are_positive_and_distinct
    check (private.are_thresholds(reminder_thresholds_days)),
    constraint sync_max_attempts_is_positive check (sync_max_attempts > 0)
);
comment on table public.organisation_settings is
'Switches and thresholds of an organisation; without a row the defaults of the columns apply.';

create table public.chapters (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references public.organisations (id),
    name text not null,
    unique (organisation_id, id),
    unique (organisation_id, name),
    constraint name_is_not_blank check (btrim(name) <> '')
);
comment on table public.chapters is 'A local branch of an organisation.';

create table public.coordinator_assignments (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references public.organisations (id),
    chapter_id uuid,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    unique (organisation_id, id),
    constraint one_assignment_for_a_user_and_chapter
    unique nulls not distinct (user_id, organisation_id, chapter_id),
    foreign key (organisation_id, chapter_id) references public.chapters (organisation_id, id)
);
comment on table public.coordinator_assignments is
'Who coordinates what: one row a user and chapter; a null chapter is the whole organisation.';
create index coordinator_assignments_chapter on public.coordinator_assignments (organisation_id, chapter_id);

create table public.peer_mentors (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references public.organisations (id),
    chapter_id uuid,
    user_id uuid,
    display_name text not null,
    email text,
    phone text,
    status public.mentor_status not null default 'active',
    status_changed_at timestamptz not null default now(),
    dynamics_contact_id uuid,
    created_at timestamptz not null default now(),
    unique (organisation_id, id),
    foreign key (organisation_id, chapter_id) references public.chapters (organisation_id, id),
    constraint display_name_is_not_blank check (btrim(display_name) <> '')
);
comment on table public.peer_mentors is
'The volunteers. With activity_notes the only table that holds names, contact data or free text.';
create index peer_mentors_chapter on public.peer_mentors (organisation_id, chapter_id);
create index peer_mentors_user on public.peer_mentors (user_id);

reset role;
