-- depends: 0007.certification_runs
-- What coordinators say on behalf of mentors: the log of it, the types of activity that an organisation
-- knows, and what the functions that register pass to one another.
set role peerledger_owner;

alter table public.organisation_settings
add column activity_types text[] not null default '{}',
-- As one text, since a CHECK cannot look at each; a null becomes "?", and a blank within makes one more.
add constraint activity_types_are_codes check (
    activity_types = '{}'
    or (
        array_to_string(activity_types, ' ', '?') ~ '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}( [A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59})*$'
        and cardinality(string_to_array(array_to_string(activity_types, ' ', '?'), ' ')) = cardinality(activity_types)
    )
);
comment on column public.organisation_settings.activity_types is
'The types that coordinators may register; empty: any.';

create type private.proxy_entry as (
    entry_index int,
    id uuid,
    mentor_id uuid,
    activity_type text,
    occurred_on date,
    duration_minutes int,
    participant_count int,
    delivery_mode text
);
comment on type private.proxy_entry is 'An activity that a coordinator wants to register; null where it cannot be read.';

create type private.proxy_finding as (
    entry_index int,
    field text,
    severity text,
    reason text,
    error_code text
);
comment on type private.proxy_finding is
'What is wrong (error) or odd (warning) with an entry, and the SQLSTATE of it where it is the only one. The reason quotes
nothing that a client sent.';

create type private.proxy_standing as (
    mentor_id uuid,
    organisation_id uuid,
    standing text,
    today date,
    withdrawn_on date,
    activity_types text[]
);
comment on type private.proxy_standing is
'How a coordinator stands to a mentor – in_scope, self, outside or unknown – and what limits the mentor''s activities.';

create table public.proxy_audit_log (
    id uuid not null default gen_random_uuid(),
    proxy_activity_id uuid not null,
    event_type text not null,
    coordinator_id uuid not null,
    attributed_mentor_id uuid not null,
    "timestamp" timestamptz not null default clock_timestamp(),
    payload_snapshot jsonb not null,
    organisation_id uuid not null,
    primary key (id, "timestamp"),
    constraint event_type_is_known check (event_type in ('created', 'bulk_created', 'updated')),
    constraint payload_snapshot_is_an_object check (jsonb_typeof(payload_snapshot) = 'object')
) partition by range ("timestamp");
comment on table public.proxy_audit_log is
'Every state of every activity that a coordinator registered on a mentor''s behalf, and who said so. Append-only.';
comment on column public.proxy_audit_log.coordinator_id is
'Who made this change; payload_snapshot.coordinator_id is who registered the activity.';
create index proxy_audit_log_activity on public.proxy_audit_log (proxy_activity_id, "timestamp");
create index proxy_audit_log_organisation on public.proxy_audit_log (organisation_id, "timestamp");

insert into private.logs (log_name, time_column) values ('proxy_audit_log', 'timestamp');

reset role;
