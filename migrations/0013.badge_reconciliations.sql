-- depends: 0012.badge_thresholds
-- A reconciliation over all of history takes long: it goes in batches that can be stopped and resumed.
set role peerledger_owner;

create table private.badge_reconciliations (
    id uuid primary key default gen_random_uuid(),
    since timestamptz not null,
    suppress_notifications boolean not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    activities_scanned bigint not null default 0,
    mentors_total bigint not null default 0,
    mentors_done bigint not null default 0,
    mentors_missing bigint not null default 0,
    badges_awarded bigint not null default 0
);
comment on table private.badge_reconciliations is 'Reconciliations of badges, finished or not, and what they found.';

create table private.badge_reconciliation_mentors (
    reconciliation_id uuid not null references private.badge_reconciliations (id) on delete cascade,
    mentor_id uuid not null references public.peer_mentors (id) on delete cascade,
    primary key (reconciliation_id, mentor_id)
);
comment on table private.badge_reconciliation_mentors is 'The mentors that a reconciliation has yet to look at.';
create index badge_reconciliation_mentors_mentor on private.badge_reconciliation_mentors (mentor_id);

-- One takes many mentors at once now, the other returns an array.
drop function if exists private.badge_evidence (uuid, uuid);
drop function if exists private.award_badges (uuid [], boolean);

reset role;
