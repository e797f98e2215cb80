-- depends: 0015.operations
-- Two logs for what no other log holds: each later state of an activity, and each administrative decision.
set role peerledger_owner;

create table public.activity_changes (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    activity_id uuid not null,
    mentor_id uuid not null,
    change_kind text not null,
    changed_by uuid,
    before jsonb,
    after jsonb,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (id, changed_at),
    constraint change_kind_is_known check (change_kind in ('registered', 'changed', 'voided', 'restored', 'deleted')),
    constraint before_is_a_record check ((before is null) = (change_kind = 'registered') and jsonb_typeof(before) = 'object'),
    constraint after_is_a_record check ((after is null) = (change_kind = 'deleted') and jsonb_typeof(after) = 'object')
) partition by range (changed_at);
comment on table public.activity_changes is
'Every later state of every activity, own entries and proxies alike, by whomever it was changed. Append-only.';
comment on column public.activity_changes.id is 'The id of the entry.';
comment on column public.activity_changes.organisation_id is 'The organisation of the activity.';
comment on column public.activity_changes.activity_id is 'The activity; it may be gone by now.';
comment on column public.activity_changes.mentor_id is 'Whose activity it is after the change; of a deleted one, whose it was.';
comment on column public.activity_changes.change_kind is
'changed, voided, restored or deleted; registered where no evaluation log entry holds the hash of the new record.';
comment on column public.activity_changes.changed_by is 'The user id from the claims of whoever changed it; null for work without a user.';
comment on column public.activity_changes.before is 'The full record before the change, with the fields of proxy_audit_log.payload_snapshot.';
comment on column public.activity_changes.after is 'The full record after the change; null when it was deleted.';
comment on column public.activity_changes.changed_at is 'When the entry was written, by the clock of the database.';
create index activity_changes_activity on public.activity_changes (activity_id, changed_at);
create index activity_changes_mentor on public.activity_changes (mentor_id, changed_at);
create index activity_changes_organisation on public.activity_changes (organisation_id, changed_at);

create table public.administrative_changes (
    id uuid not null default gen_random_uuid(),
    organisation_id uuid not null,
    subject_kind text not null,
    subject_id uuid not null,
    change_kind text not null,
    changed_by uuid,
    details jsonb not null default '{}',
    changed_at timestamptz not null default clock_timestamp(),
    primary key (id, changed_at),
    constraint subject_kind_is_known check (
        subject_kind in (
            'badge', 'badge_definition', 'certification', 'chapter', 'coordinator_assignment', 'dispute', 'grant_rule', 'grant_year',
            'mentor', 'organisation', 'organisation_settings'
        )
    ),
    constraint change_kind_is_a_code check (change_kind ~ '^[a-z]+(_[a-z]+)*$' and length(change_kind) <= 40),
    constraint details_is_an_object check (jsonb_typeof(details) = 'object')
) partition by range (changed_at);
comment on table public.administrative_changes is
'Every administrative decision that no other log holds: certificates, badges by hand, criteria, assignments, settings, mentors. Append-only.';
comment on column public.administrative_changes.id is 'The id of the entry.';
comment on column public.administrative_changes.organisation_id is 'The organisation that it concerns.';
comment on column public.administrative_changes.subject_kind is 'What was changed: certification, badge, badge_definition, coordinator_assignment and so on.';
comment on column public.administrative_changes.subject_id is
'Its id: of the row that changed; of a badge the definition, of settings and a grant year the organisation.';
comment on column public.administrative_changes.change_kind is 'What happened to it: issued, voided, revoked, given, taken, merged and so on.';
comment on column public.administrative_changes.changed_by is 'The user id from the claims of whoever changed it; null for work without a user.';
comment on column public.administrative_changes.details is 'Ids, codes, numbers and dates only: before and after, as far as the change has them.';
comment on column public.administrative_changes.changed_at is 'When the entry was written, by the clock of the database.';
create index administrative_changes_organisation on public.administrative_changes (organisation_id, changed_at);
create index administrative_changes_subject on public.administrative_changes (subject_id, changed_at);

insert into private.logs (log_name, time_column)
values
('activity_changes', 'changed_at'),
('administrative_changes', 'changed_at');

-- A mistaken certificate stays, marked, and governs no more. The reason is free text and stands in no log.
alter table public.certifications
add column voided_at timestamptz,
add column voided_by uuid,
add column void_reason text,
add constraint void_has_a_time check (voided_at is not null or (voided_by is null and void_reason is null)),
add constraint void_reason_is_short check (length(void_reason) <= 500);
comment on column public.certifications.voided_at is 'When it was taken back as mistaken; it governs nothing from then on.';
comment on column public.certifications.voided_by is 'The user id of the coordinator who took it back.';
comment on column public.certifications.void_reason is 'Why, in the words of who took it back; erased when the mentor is forgotten.';

-- A duplicate points to the mentor that it is. Deferred to nobody: both are of one organisation.
alter table public.peer_mentors
add column merged_into uuid,
add constraint merged_into_is_another check (merged_into <> id),
add foreign key (organisation_id, merged_into) references public.peer_mentors (organisation_id, id);
comment on column public.peer_mentors.merged_into is 'The mentor that this duplicate was joined to; null for everybody else.';
create index peer_mentors_merged_into on public.peer_mentors (organisation_id, merged_into) where merged_into is not null;

alter table public.mentor_status_changes drop constraint cause_is_known;
alter table public.mentor_status_changes
add constraint cause_is_known
check (cause in ('transition', 'renewal', 'expiry_run', 'direct', 'certification_voided', 'merge'));
comment on column public.mentor_status_changes.cause is
'transition, renewal, certification_voided, merge: by the RPC of that purpose; expiry_run: by the run that run_id names; direct: by SQL of '
'the database''s own staff.';

reset role;
