-- The other side of private.administrative_facts: what the logs say, field by field, in the order in which they say it. A
-- field `exists` says whether the subject is there. part tells subjects of one id apart: of a badge the mentor. Awards stand in
-- badge_evaluation_logs.
create or replace function private.recorded_facts()
returns table (
    subject_kind text,
    subject_id uuid,
    part text,
    field text,
    value jsonb,
    recorded_at timestamptz
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
    select
        entry.subject_kind,
        entry.subject_id,
        case when entry.subject_kind = 'badge' then entry.details ->> 'mentor_id' end,
        said.field,
        said.value,
        entry.changed_at
    from public.administrative_changes as entry
    cross join lateral (
        select
            case listed.key
                when 'new_version' then 'criteria_version'
                else regexp_replace(listed.key, '^new_', '')
            end,
            listed.value
        from jsonb_each(entry.details) as listed
        where
            listed.key !~ '^old_'
            and (entry.subject_kind <> 'organisation_settings' or entry.change_kind = 'baseline')
        union all
        select entry.details ->> 'column', entry.details -> 'new'
        where entry.subject_kind = 'organisation_settings' and entry.change_kind = 'set'
        union all
        select 'is_voided', to_jsonb(entry.change_kind = 'voided')
        where entry.subject_kind = 'certification' and entry.change_kind in ('issued', 'renewed', 'voided', 'restored')
        union all
        select 'is_revoked', to_jsonb(entry.change_kind = 'revoked')
        where entry.subject_kind = 'badge' and entry.change_kind in ('given', 'revoked', 'reinstated')
        union all
        select 'is_active', to_jsonb(entry.change_kind = 'activated')
        where entry.subject_kind = 'badge_definition' and entry.change_kind in ('activated', 'deactivated')
        union all
        select 'exists', to_jsonb(entry.change_kind not in ('deleted', 'taken', 'reset'))
        union all
        select 'organisation_id', to_jsonb(entry.organisation_id)
    ) as said (field, value)
    union all
    -- A badge that was moved to another mentor or definition is no longer where it was.
    select
        'badge',
        coalesce((entry.details ->> 'old_badge_definition_id')::uuid, entry.subject_id),
        coalesce(entry.details ->> 'old_mentor_id', entry.details ->> 'mentor_id'),
        'exists',
        'false',
        entry.changed_at
    from public.administrative_changes as entry
    where entry.subject_kind = 'badge' and entry.details ?| array['old_mentor_id', 'old_badge_definition_id']
    union all
    select 'badge', awarded.badge_definition_id, entry.peer_mentor_id::text, said.field, said.value, entry.triggered_at
    from public.badge_evaluation_logs as entry
    cross join unnest(entry.badges_awarded) as awarded (badge_definition_id)
    cross join lateral (
        values
        ('exists', to_jsonb(true)),
        ('is_revoked', to_jsonb(false)),
        ('organisation_id', to_jsonb(entry.org_id))
    ) as said (field, value)
$$;

comment on function private.recorded_facts is
'What the logs say of each subject of private.administrative_facts, field by field; the newest of a field holds. For our
functions and the runner.';
revoke all on function private.recorded_facts from public, anon, authenticated, service_role;
