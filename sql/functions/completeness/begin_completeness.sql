-- Run by the owner, at the end of a migration.
create or replace function private.begin_completeness()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from private.completeness_baseline) then
        return;
    end if;
    -- Nobody writes meanwhile: what is not in the baseline comes with an entry.
    lock table
        public.activities, public.badge_definitions, public.certifications, public.chapters, public.coordinator_assignments,
        public.earned_badges, public.organisation_settings, public.organisations, public.peer_mentors
    in share row exclusive mode;

    insert into private.activity_baseline (activity_id, record_sha256)
    select activity.id, private.activity_sha256(row(activity.*)::public.activities)
    from public.activities as activity;

    insert into private.completeness_baseline (activities, records_sha256)
    select count(*), sha256(coalesce(string_agg(baseline.record_sha256, ''::bytea order by baseline.activity_id), ''))
    from private.activity_baseline as baseline;

    perform private.record_security_event(
        'completeness_began',
        details => jsonb_build_object('activities', baseline.activities, 'records_sha256', encode(baseline.records_sha256, 'hex'))
    )
    from private.completeness_baseline as baseline;

    insert into public.administrative_changes (organisation_id, subject_kind, subject_id, change_kind, details)
    select fact.organisation_id, fact.subject_kind, fact.subject_id, 'baseline', fact.details
    from private.administrative_facts() as fact;
end
$$;

comment on function private.begin_completeness is
'Records what is there when the logs begin to be complete: the hash of every activity, and an entry baseline of
administrative_changes for everything whose decisions stand there. Does nothing the second time. For `migrate`.';
revoke all on function private.begin_completeness from public, anon, authenticated, service_role;
