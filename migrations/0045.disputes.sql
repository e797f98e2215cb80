-- depends: 0039.seals
-- The mentor's word against what was registered on their behalf, and the two kinds of message that go with it.
set role peerledger_owner;

create table public.proxy_disputes (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references public.organisations (id),
    activity_id uuid not null,
    mentor_id uuid not null,
    reason_code text not null,
    opened_at timestamptz not null default clock_timestamp(),
    outcome text,
    resolved_by uuid,
    resolved_at timestamptz,
    unique (organisation_id, id),
    foreign key (organisation_id, activity_id) references public.activities (organisation_id, id) on delete cascade,
    foreign key (organisation_id, mentor_id) references public.peer_mentors (organisation_id, id),
    constraint reason_code_is_known check (
        reason_code in ('not_me', 'wrong_day', 'wrong_duration', 'wrong_type', 'duplicate', 'other')
    ),
    constraint outcome_is_known check (outcome in ('upheld', 'rejected')),
    constraint what_is_settled_has_a_time check (
        (outcome is null) = (resolved_at is null) and (outcome is not null or resolved_by is null)
    )
);
comment on table public.proxy_disputes is
'What a mentor said about an activity that was registered on their behalf, and how it was settled. Each step is in administrative_changes.';
comment on column public.proxy_disputes.id is 'The id of the dispute.';
comment on column public.proxy_disputes.organisation_id is 'The organisation of the activity.';
comment on column public.proxy_disputes.activity_id is 'The disputed activity. It has one open dispute at most.';
comment on column public.proxy_disputes.mentor_id is 'The mentor who was spoken for, and disputes it.';
comment on column public.proxy_disputes.reason_code is 'not_me, wrong_day, wrong_duration, wrong_type, duplicate or other.';
comment on column public.proxy_disputes.opened_at is 'When the mentor disputed it, by the clock of the database.';
comment on column public.proxy_disputes.outcome is
'upheld: the activity was voided; rejected: it stands as it is; null: still open.';
comment on column public.proxy_disputes.resolved_by is 'The user id of the coordinator who settled it; null for work without a user.';
comment on column public.proxy_disputes.resolved_at is 'When it was settled; null while it is open.';
create unique index one_open_dispute_an_activity on public.proxy_disputes (activity_id) where outcome is null;
create index proxy_disputes_activity on public.proxy_disputes (organisation_id, activity_id);
create index proxy_disputes_mentor on public.proxy_disputes (organisation_id, mentor_id);
create index proxy_disputes_open on public.proxy_disputes (organisation_id, opened_at) where outcome is null;

alter table public.notifications
drop constraint kind_is_known,
add constraint kind_is_known check (
    kind in (
        'badge_awarded', 'certification_reminder', 'certification_expired', 'status_changed', 'proxy_registered',
        'proxy_disputed', 'ops_alert'
    )
);

comment on column public.administrative_changes.subject_id is
'Its id: of the row that changed; of a badge the definition, of settings and a grant year the organisation, of a dispute the activity.';

reset role;
