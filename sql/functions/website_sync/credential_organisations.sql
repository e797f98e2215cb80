create or replace function private.credential_organisations(
    verdicts private.hlf_sync_verdict[]
)
returns uuid[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        case
            when not coalesce(bool_or(verdict.credential_organisations is null), false)
                then array(
                    select distinct shared.organisation_id
                    from unnest(credential_organisations.verdicts) as each
                    cross join unnest(each.credential_organisations) as shared (organisation_id)
                )
        end
    from unnest(credential_organisations.verdicts) as verdict
$$;

comment on function private.credential_organisations is
'The organisations that share the credentials of these attempts; null: all organisations do. For
public.complete_hlf_sync only.';
revoke all on function private.credential_organisations from public, anon, authenticated, service_role;
