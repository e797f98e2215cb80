-- Definer: writes what no caller may; the caller is checked first.
create or replace function public.requeue_dead_letters(
    org_id uuid,
    max_rows int default 100
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor_ids uuid[];
begin
    perform private.require_between('max_rows', requeue_dead_letters.max_rows, 1, 10000);
    perform private.require_organisation(requeue_dead_letters.org_id);

    select array_agg(dead.mentor_id)
    into v_mentor_ids
    from (
        select sync.mentor_id
        from public.hlf_sync_state as sync
        where
            sync.organisation_id = requeue_dead_letters.org_id
            and sync.state = 'dead_lettered'
            and (
                (select private.is_service_call())
                or exists (
                    select
                    from public.peer_mentors as mentor
                    inner join public.coordinator_assignments as assignment
                        on private.reaches(assignment, mentor.organisation_id, mentor.chapter_id)
                    where
                        mentor.id = sync.mentor_id
                        and assignment.user_id = (select private.caller_id())
                )
            )
        order by sync.operation, sync.updated_at
        limit requeue_dead_letters.max_rows
        for update of sync skip locked
    ) as dead;
    return private.queue_hlf_sync(v_mentor_ids, 'manual_coordinator_requeue');
end
$$;

comment on function public.requeue_dead_letters is
'Retries up to max_rows dead letters of an organisation.
max_rows is 1 to 10,000; removals and the oldest come first; a coordinator''s only for the mentors in their scope.
Returns how many. Callable by coordinators of the organisation and service_role. Errors: PT404, 22023.';
revoke all on function public.requeue_dead_letters from public, anon, authenticated, service_role;
grant execute on function public.requeue_dead_letters to authenticated, service_role;
