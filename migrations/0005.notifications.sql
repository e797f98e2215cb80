-- depends: 0004.badges
-- The outbox of messages to people, and the alerts to operators.
set role peerledger_owner;

create table public.notifications (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid not null references public.organisations (id),
    recipient_user_id uuid,
    recipient_mentor_id uuid,
    kind text not null,
    payload jsonb not null default '{}',
    dedupe_key text not null unique,
    state text not null default 'pending',
    attempts int not null default 0,
    next_attempt_at timestamptz not null default now(),
    sent_at timestamptz,
    last_error text,
    created_at timestamptz not null default now(),
    unique (organisation_id, id),
    foreign key (organisation_id, recipient_mentor_id) references public.peer_mentors (organisation_id, id),
    constraint kind_is_known check (
        kind in ('badge_awarded', 'certification_reminder', 'certification_expired', 'status_changed', 'ops_alert')
    ),
    constraint state_is_known check (state in ('pending', 'in_progress', 'sent', 'dead_lettered')),
    constraint somebody_receives_it check (num_nonnulls(recipient_user_id, recipient_mentor_id) > 0),
    constraint last_error_is_short check (length(last_error) <= 500)
);
comment on table public.notifications is 'Messages to deliver, written in the transaction that causes them.';
comment on column public.notifications.payload is 'Ids and dates only; texts are made from templates at delivery.';
create index notifications_due on public.notifications (next_attempt_at) where state in ('pending', 'in_progress');
create index notifications_mentor on public.notifications (organisation_id, recipient_mentor_id);

create table public.ops_alerts (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid references public.organisations (id),
    kind text not null,
    severity text not null,
    message text not null,
    details jsonb not null default '{}',
    dedupe_key text not null,
    raised_at timestamptz not null default clock_timestamp(),
    acknowledged_at timestamptz,
    constraint severity_is_known check (severity in ('info', 'warning', 'critical')),
    constraint message_is_short check (length(message) <= 500)
);
comment on table public.ops_alerts is 'What needs a person. The same trouble is one open alert, not forty.';
create unique index one_open_alert_for_each_trouble on public.ops_alerts (dedupe_key) where acknowledged_at is null;

reset role;
