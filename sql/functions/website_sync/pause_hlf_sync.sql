-- Definer: nobody writes the pauses directly.
create or replace function public.pause_hlf_sync(
    organisation_ids uuid[] default null,
    reason text default 'operator',
    retry_after interval default null
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_longest_asked constant interval := interval '5 minutes';
    v_paused int;
begin
    if not coalesce(pause_hlf_sync.reason in ('operator', 'credentials_refused', 'outage'), false) then
        raise exception using
            errcode = '22023',
            message = 'reason must be operator, credentials_refused or outage.',
            hint = 'resume_hlf_sync ends the first, a good credential check the second, an answer the third.';
    end if;

    -- After an outage probes come 1, 2, 4, … 60 seconds apart, and not before what a Retry-After asks for.
    with paused as (
        insert into public.hlf_sync_pauses as pause (organisation_id, reason, probes, next_probe_at)
        select
            organisation.id,
            pause_hlf_sync.reason,
            0,
            case
                when pause_hlf_sync.reason = 'outage'
                    then clock_timestamp() + greatest(
                        interval '1 second', least(coalesce(pause_hlf_sync.retry_after, '0'), c_longest_asked)
                    )
            end
        from public.organisations as organisation
        where
            pause_hlf_sync.organisation_ids is null
            or organisation.id = any (pause_hlf_sync.organisation_ids)
        order by organisation.id
        on conflict on constraint hlf_sync_pauses_pkey do update
        set
            probes = pause.probes + 1,
            next_probe_at = clock_timestamp() + greatest(
                least(interval '1 second' * power(2, least(pause.probes + 1, 6)), interval '1 minute'),
                least(coalesce(pause_hlf_sync.retry_after, '0'), c_longest_asked)
            )
        where pause.reason = 'outage'
        returning pause.probes
    )
    select count(*)
    into v_paused
    from paused
    where paused.probes = 0;

    -- One for the credentials that all share, else one for each organisation: the next one's problem is news.
    if pause_hlf_sync.reason = 'credentials_refused' then
        perform private.raise_alert(
            'auth_failure',
            'critical',
            'Dynamics or Microsoft Entra refused the credentials: the website sync is paused, and expired mentors stay '
            'listed. Renew the credentials and run "peerledger check-credentials".',
            'auth_failure:website_sync' || coalesce(':' || refused.organisation_id, ''),
            refused.organisation_id,
            -- How many it concerns is not for one of them.
            case
                when refused.organisation_id is null then jsonb_build_object('paused_organisations', v_paused)
                else '{}'
            end
        )
        from (
            select null::uuid as organisation_id
            where pause_hlf_sync.organisation_ids is null
            union all
            -- Whatever else was named is no organisation (any more).
            select organisation.id
            from public.organisations as organisation
            where organisation.id = any (pause_hlf_sync.organisation_ids)
            order by organisation_id
        ) as refused;
    end if;
    return v_paused;
end
$$;

comment on function public.pause_hlf_sync is
'Pauses the website sync of the given organisations, or of all.
null: all that there are; unknown ids are ignored. Reason: operator, ended by resume_hlf_sync; credentials_refused, which
alerts and is ended by a good credential check; outage, ended by the first answer of Dynamics: until then claims give one
mentor at a time to find out, ever more rarely, and not before retry_after (at most five minutes). Returns how many were
newly paused. Callable by service_role. Error: 22023.';
revoke all on function public.pause_hlf_sync from public, anon, authenticated, service_role;
grant execute on function public.pause_hlf_sync to service_role;
