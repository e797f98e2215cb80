create or replace function private.record_administrative_change(
    organisation_id uuid,
    subject_kind text,
    subject_id uuid,
    change_kind text,
    details jsonb
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into public.administrative_changes (
        organisation_id, subject_kind, subject_id, change_kind, changed_by, details
    )
    values (
        record_administrative_change.organisation_id,
        record_administrative_change.subject_kind,
        record_administrative_change.subject_id,
        record_administrative_change.change_kind,
        private.caller_id(),
        record_administrative_change.details
    )
$$;

comment on function private.record_administrative_change is
'Adds an entry to administrative_changes, in the name of the caller; details hold ids, codes, numbers and dates. For our functions only.';
revoke all on function private.record_administrative_change from public, anon, authenticated, service_role;
