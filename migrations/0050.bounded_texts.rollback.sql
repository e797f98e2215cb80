set role peerledger_owner;

alter table public.hlf_sync_audit_log
drop constraint event_is_known,
add constraint event_is_known
check (triggered_by_event ~ '^(status_change:[a-z_]+|manual_coordinator_requeue|reconciliation)$');

alter table public.activity_notes drop constraint body_is_at_most_20000_characters;
comment on column public.activity_notes.body is 'The note. Personal.';
alter table public.organisation_settings
drop constraint activity_types_are_codes,
add constraint activity_types_are_codes check (
    activity_types = '{}'
    or (
        array_to_string(activity_types, ' ', '?') ~ '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}( [A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59})*$'
        and cardinality(string_to_array(array_to_string(activity_types, ' ', '?'), ' ')) = cardinality(activity_types)
    )
);
alter table public.peer_mentors
drop constraint display_name_is_one_line;
alter table public.badge_definitions
drop constraint name_is_one_line;
alter table public.chapters
drop constraint name_is_one_line;
alter table public.organisations
drop constraint name_is_one_line;

drop index public.peer_mentors_name_words;
drop function private.is_one_line (text);
drop function private.are_activity_codes (text []);
drop function private.name_words (text);

reset role;
