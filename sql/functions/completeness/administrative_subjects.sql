create or replace function private.administrative_subjects()
returns table (
    subject_kind text,
    table_name text
)
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    values
        ('organisation', 'organisations'),
        ('organisation_settings', 'organisation_settings'),
        ('chapter', 'chapters'),
        ('coordinator_assignment', 'coordinator_assignments'),
        ('mentor', 'peer_mentors'),
        ('badge_definition', 'badge_definitions'),
        ('badge', 'earned_badges'),
        ('certification', 'certifications')
$$;

comment on function private.administrative_subjects is
'The kinds of subjects that private.administrative_facts gives, and their tables. For our functions only.';
revoke all on function private.administrative_subjects from public, anon, authenticated, service_role;
