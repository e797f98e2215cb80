create or replace function private.problems_of_website_sync(
    at timestamptz,
    organisation_id uuid
)
returns setof private.problem
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with organisation as materialized (
        select each.id, each.slug
        from public.organisations as each
        left join public.organisation_settings as setting on setting.organisation_id = each.id
        where
            coalesce(setting.website_sync_enabled, true)
            and (problems_of_website_sync.organisation_id is null or each.id = problems_of_website_sync.organisation_id)
    ),
    removal as materialized (
        select waiting.organisation_id, count(*) as mentors, min(waiting.wanted_at) as oldest_at
        from public.hlf_removals as waiting
        where
            waiting.confirmed_at is null
            and waiting.cancelled_at is null
            and waiting.wanted_at < problems_of_website_sync.at - interval '1 hour'
        group by waiting.organisation_id
    )
    -- An outage is nobody's to end; it is for a person only when it lasts.
    select
        'website_sync_paused',
        case
            when pause.reason = 'credentials_refused' then 'critical'
            when pause.reason = 'outage' and pause.paused_at > problems_of_website_sync.at - interval '1 hour' then 'info'
            else 'warning'
        end,
        organisation.id,
        format(
            'The website sync of %s is paused: %s.',
            organisation.slug,
            case pause.reason
                when 'credentials_refused' then 'the credentials were refused'
                when 'outage' then 'Dynamics is not answering'
                else 'by an operator'
            end
        ),
        case pause.reason
            when 'credentials_refused'
                then 'peerledger check-credentials; meanwhile peerledger sync --once --credentials FILE'
            when 'outage' then 'wait, or ask who runs Dynamics; the first answer ends the pause'
            else 'select public.resume_hlf_sync()'
        end,
        null::bigint,
        pause.paused_at
    from public.hlf_sync_pauses as pause
    inner join organisation on organisation.id = pause.organisation_id
    union all
    select
        'website_dead_letters',
        'warning',
        organisation.id,
        format(
            'Website changes of %s %s of %s were dead-lettered.',
            count(*), case when count(*) = 1 then 'mentor' else 'mentors' end, organisation.slug
        ),
        format('when the cause is corrected: select public.requeue_dead_letters(''%s'')', organisation.id),
        count(*),
        min(sync.updated_at)
    from public.hlf_sync_state as sync
    inner join organisation on organisation.id = sync.organisation_id
    where sync.state = 'dead_lettered'
    group by organisation.id, organisation.slug
    union all
    select
        'website_removal_overdue',
        'critical',
        organisation.id,
        format('A removal from the website of %s has been waiting for more than an hour.', organisation.slug),
        'peerledger worker (or once: peerledger sync --once)',
        removal.mentors,
        removal.oldest_at
    from removal
    inner join organisation on organisation.id = removal.organisation_id
    union all
    select
        'website_changes_overdue',
        'warning',
        organisation.id,
        format('Changes of %s have been waiting for the website for more than a day.', organisation.slug),
        'peerledger worker (or once: peerledger sync --once)',
        count(*),
        min(sync.updated_at)
    from public.hlf_sync_state as sync
    inner join organisation on organisation.id = sync.organisation_id
    where
        sync.state = 'pending'
        and sync.updated_at < problems_of_website_sync.at - interval '1 day'
        and not exists (select from removal where removal.organisation_id = sync.organisation_id)
        and not exists (select from public.hlf_sync_pauses as pause where pause.organisation_id = sync.organisation_id)
    group by organisation.id, organisation.slug
$$;

comment on function private.problems_of_website_sync is
'Paused syncs, dead letters, and changes that nobody sends, of organisations whose sync is on. For private.status_problems only.';
revoke all on function private.problems_of_website_sync from public, anon, authenticated, service_role;
