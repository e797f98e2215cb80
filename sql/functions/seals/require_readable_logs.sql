-- Forced row level security without its policy shows the owner no row and no error: a batch would pass over the
-- entries for good. The same goes for a restrictive policy that somebody adds.
create or replace function private.require_readable_logs()
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_log text;
begin
    select code.log_name
    into v_log
    from private.seal_codes as code
    where
        not exists (
            select
            from pg_policy as policy
            where
                policy.polrelid = format('public.%I', code.log_name)::regclass
                and policy.polpermissive
                and policy.polcmd in ('r', '*')
                and to_regrole('peerledger_owner')::oid = any (policy.polroles)
                and pg_get_expr(policy.polqual, policy.polrelid) = 'true'
        )
        or exists (
            select
            from pg_policy as policy
            where
                policy.polrelid = format('public.%I', code.log_name)::regclass
                and not policy.polpermissive
                and policy.polcmd in ('r', '*')
        )
    order by code.log_name
    limit 1;
    if found then
        raise exception using
            errcode = 'PL008',
            message = format('A policy of %s hides entries from the sealer; nothing is sealed.', v_log),
            hint = 'Run `peerledger migrate`, and find out who changed the policies.';
    end if;
end
$$;

comment on function private.require_readable_logs is
'Passes when our own functions see every entry of every log. Error: PL008. For our functions only.';
revoke all on function private.require_readable_logs from public, anon, authenticated, service_role;
