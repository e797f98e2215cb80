-- depends: 0015.operations
-- The description of access that belongs to the version in use; the upkeep of the logs compares the database with it.

-- The migrating role's, like private.sql_files: what our functions do on somebody's behalf cannot change it.
create table private.access_description (
    kind text not null,
    object text not null,
    aspect text not null,
    value text not null,
    primary key (kind, object, aspect)
);
comment on table private.access_description is
'Who owns what, who may do what with it and what fires or hides rows, as this version of the code says. Written by '
'`peerledger migrate`; compared with what is there by private.access_differences.';
grant select on table private.access_description to peerledger_owner;

set role peerledger_owner;

alter table public.security_events
drop constraint event_kind_is_known,
add constraint event_kind_is_known check (
    event_kind in (
        'log_change_refused', 'refusals_unrecorded', 'log_guards_changed', 'log_partition_missing',
        'log_default_split', 'log_archived', 'log_retention_raised', 'legal_hold_set', 'legal_hold_lifted',
        'mentor_forgotten', 'reported', 'access_changed', 'access_restored'
    )
);

reset role;
