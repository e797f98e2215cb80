-- What administrative_changes must be able to tell: every fact that is decided by hand and stands in no other log. Names,
-- addresses and free text are no facts in this sense; they are changed and erased without a trace on purpose.
create or replace function private.administrative_facts()
returns table (
    organisation_id uuid,
    subject_kind text,
    subject_id uuid,
    details jsonb,
    there_since timestamptz
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
    select
        organisation.id, 'organisation', organisation.id,
        jsonb_build_object('slug', organisation.slug, 'time_zone', organisation.time_zone),
        organisation.created_at
    from public.organisations as organisation
    union all
    select
        setting.organisation_id, 'organisation_settings', setting.organisation_id,
        to_jsonb(setting) - 'organisation_id', null
    from public.organisation_settings as setting
    union all
    select chapter.organisation_id, 'chapter', chapter.id, jsonb_build_object(), null
    from public.chapters as chapter
    union all
    select
        assignment.organisation_id, 'coordinator_assignment', assignment.id,
        jsonb_build_object('user_id', assignment.user_id, 'chapter_id', assignment.chapter_id), assignment.created_at
    from public.coordinator_assignments as assignment
    union all
    select
        mentor.organisation_id, 'mentor', mentor.id,
        jsonb_build_object(
            'chapter_id', mentor.chapter_id,
            'user_id', mentor.user_id,
            'dynamics_contact_id', mentor.dynamics_contact_id,
            'merged_into', mentor.merged_into,
            'created_at', mentor.created_at
        ),
        mentor.created_at
    from public.peer_mentors as mentor
    union all
    select
        definition.organisation_id, 'badge_definition', definition.id,
        jsonb_build_object(
            'slug', definition.slug,
            'is_active', definition.is_active,
            'criteria_version', definition.criteria_version,
            'criteria_sha256', encode(sha256(convert_to(definition.criteria::text, 'UTF8')), 'hex')
        ),
        definition.created_at
    from public.badge_definitions as definition
    union all
    select
        earned.organisation_id, 'badge', earned.badge_definition_id,
        jsonb_build_object(
            'mentor_id', earned.mentor_id,
            'criteria_version', earned.criteria_version,
            'qualified_on', earned.qualified_on,
            'is_revoked', earned.revoked_at is not null
        ),
        earned.earned_at
    from public.earned_badges as earned
    union all
    select
        certification.organisation_id, 'certification', certification.id,
        jsonb_build_object(
            'mentor_id', certification.mentor_id,
            'issued_on', certification.issued_on,
            'expires_on', certification.expires_on,
            'is_voided', certification.voided_at is not null
        ),
        certification.created_at
    from public.certifications as certification
$$;

comment on function private.administrative_facts is
'Every fact that administrative_changes speaks of as it stands now, one row a subject; of a badge, the mentor is part of the
subject. there_since: since when, where the table says it. For our functions and the runner.';
revoke all on function private.administrative_facts from public, anon, authenticated, service_role;
