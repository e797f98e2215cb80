-- Definer: nobody writes the pauses directly.
create or replace function public.pause_hlf_sync(
    organisation_ids uuid[] default null,
    reason text default 'operator'
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not coalesce(pause_hlf_sync.reason in ('operator', 'credentials_refused'), false) then
        raise exception using
            errcode = '22023',
            message = 'reason must be operator or credentials_refused.',
            hint = 'resume_hlf_sync ends the one, a good credential check the other.';
    end if;
    if pause_hlf_sync.reason = 'credentials_refused' then
        return private.pause_for_credentials(pause_hlf_sync.organisation_ids);
    end if;
    return private.begin_hlf_sync_pauses('operator', pause_hlf_sync.organisation_ids);
end
$$;

comment on function public.pause_hlf_sync is
'Pauses the website sync of the given organisations, or of all.
null: all that there are. Reason: operator, ended by resume_hlf_sync, or credentials_refused, ended by a good
credential check. Returns how many were newly stopped. Callable by service_role. Error: 22023.';
revoke all on function public.pause_hlf_sync from public, anon, authenticated, service_role;
grant execute on function public.pause_hlf_sync to service_role;
