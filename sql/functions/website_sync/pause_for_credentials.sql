create or replace function private.pause_for_credentials(
    organisation_ids uuid[]
)
returns int
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_paused uuid[];
begin
    if cardinality(pause_for_credentials.organisation_ids) = 0 then
        return 0;
    end if;

    with paused as (
        insert into public.hlf_sync_pauses (organisation_id, reason)
        select organisation.id, 'credentials_refused'
        from public.organisations as organisation
        where
            pause_for_credentials.organisation_ids is null
            or organisation.id = any (pause_for_credentials.organisation_ids)
        order by organisation.id
        on conflict on constraint hlf_sync_pauses_pkey do nothing
        returning hlf_sync_pauses.organisation_id
    )
    select array_agg(paused.organisation_id)
    into v_paused
    from paused;

    -- One for the credentials that all share, else one for each organisation: the next one's trouble is news.
    perform private.raise_alert(
        'auth_failure',
        'critical',
        'Dynamics or Microsoft Entra refused the credentials: the website sync stands still, and expired mentors stay '
        'listed. Renew the credentials and run "peerledger check-credentials".',
        'auth_failure:website_sync' || coalesce(':' || refused.organisation_id, ''),
        refused.organisation_id,
        jsonb_build_object('paused_organisations', coalesce(cardinality(v_paused), 0))
    )
    from (
        select null::uuid as organisation_id
        where pause_for_credentials.organisation_ids is null
        union all
        -- Whatever else was named is no organisation (any more).
        select organisation.id
        from public.organisations as organisation
        where organisation.id = any (pause_for_credentials.organisation_ids)
        order by organisation_id
    ) as refused;
    return coalesce(cardinality(v_paused), 0);
end
$$;

comment on function private.pause_for_credentials is
'Stops the sync of the organisations (null: of all; unknown ids are ignored) until a good credential check, and tells '
'the operators of each. Returns how many were not stopped before. For our functions only.';
revoke all on function private.pause_for_credentials from public, anon, authenticated, service_role;
