-- depends: 0005.notifications
-- The certificates of mentors. The one that expires last governs.
set role peerledger_owner;

create table public.certifications (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null,
    mentor_id uuid not null,
    issued_on date not null,
    expires_on date not null,
    created_at timestamptz not null default now(),
    unique (organisation_id, id),
    foreign key (organisation_id, mentor_id) references public.peer_mentors (organisation_id, id),
    constraint expires_on_is_after_issued_on check (expires_on > issued_on)
);
comment on table public.certifications is
'Certificates of mentors, each valid through expires_on in the organisation''s time zone.';
create index certifications_mentor on public.certifications (mentor_id, expires_on);

reset role;
