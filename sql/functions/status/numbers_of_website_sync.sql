create or replace function private.numbers_of_website_sync(
    at timestamptz,
    organisation_id uuid
)
returns table (
    name text,
    value jsonb
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with organisation as materialized (
        select each.id, coalesce(setting.website_sync_enabled, true) as is_enabled
        from public.organisations as each
        left join public.organisation_settings as setting on setting.organisation_id = each.id
        where numbers_of_website_sync.organisation_id is null or each.id = numbers_of_website_sync.organisation_id
    ),
    counted as (
        select
            count(*) filter (where sync.state = 'pending') as sync_pending,
            count(*) filter (where sync.state = 'in_progress') as sync_in_progress,
            count(*) filter (where sync.state = 'dead_lettered') as sync_dead_letters
        from public.hlf_sync_state as sync
        inner join organisation on organisation.id = sync.organisation_id and organisation.is_enabled
        where sync.state <> 'synced'
    ),
    removal as (
        select
            count(*) as open_removals,
            coalesce(extract(epoch from clock_timestamp() - min(waiting.wanted_at)), 0) as oldest_removal_seconds
        from public.hlf_removals as waiting
        inner join organisation on organisation.id = waiting.organisation_id and organisation.is_enabled
        where waiting.confirmed_at is null and waiting.cancelled_at is null
    ),
    paused as (
        select count(distinct pause.organisation_id) as sync_paused
        from public.hlf_sync_pauses as pause
        inner join organisation on organisation.id = pause.organisation_id
    ),
    -- Of a day, by index.
    attempt as (
        select
            count(*) filter (where entry.outcome = 'success') as sync_attempts_success,
            count(*) filter (where entry.outcome = 'failure') as sync_attempts_failure,
            count(*) filter (where entry.outcome = 'dead_lettered') as sync_attempts_dead_lettered
        from organisation
        inner join public.hlf_sync_audit_log as entry
            on entry.organisation_id = organisation.id and entry.created_at > clock_timestamp() - interval '24 hours'
    ),
    switched_off as (
        select count(*) as sync_switched_off from organisation where not organisation.is_enabled
    )
    select found.key, found.value
    from counted, removal, paused, attempt, switched_off
    cross join lateral jsonb_each(
        to_jsonb(counted) || to_jsonb(removal) || to_jsonb(paused) || to_jsonb(attempt) || to_jsonb(switched_off)
    ) as found
$$;

comment on function private.numbers_of_website_sync is
'What waits for the website, what is paused, and the attempts of the last 24 hours. For private.status_numbers only.';
revoke all on function private.numbers_of_website_sync from public, anon, authenticated, service_role;
