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
    v_paused int;
begin
    if cardinality(pause_for_credentials.organisation_ids) = 0 then
        return 0;
    end if;

    v_paused := private.begin_hlf_sync_pauses('credentials_refused', pause_for_credentials.organisation_ids);

    -- One for the credentials that all share, else one for each organisation: the next one's trouble is news.
    perform private.raise_alert(
        'auth_failure',
        'critical',
        'Dynamics or Microsoft Entra refused the credentials: the website sync stands still, and expired mentors stay '
        'listed. Renew the credentials and run "peerledger check-credentials".',
        'auth_failure:website_sync' || coalesce(':' || refused.organisation_id, ''),
        refused.organisation_id,
        jsonb_build_object('paused_organisations', v_paused)
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
    return v_paused;
end
$$;

comment on function private.pause_for_credentials is
'Stops the sync of the organisations (null: of all; unknown ids are ignored) until a good credential check, and tells '
'the operators of each. Returns how many were not stopped before. For our functions only.';
revoke all on function private.pause_for_credentials from public, anon, authenticated, service_role;
