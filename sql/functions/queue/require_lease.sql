create or replace function private.require_lease(
    worker text,
    lease interval
)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(btrim(require_lease.worker), '') = '' then
        raise exception using
            errcode = '22023',
            message = 'worker must be a name.',
            hint = 'Use a unique name for each process: a lease belongs to a name.';
    end if;
    if not coalesce(require_lease.lease > interval '0' and require_lease.lease <= interval '1 hour', false) then
        raise exception using
            errcode = '22023',
            message = 'lease must be longer than zero and at most one hour.',
            hint = 'Claim fewer at a time, or extend the lease.';
    end if;
end
$$;

comment on function private.require_lease is
'Passes for the name of a worker and a lease of at most an hour. Error: 22023. For our functions only.';
revoke all on function private.require_lease from public, anon, authenticated, service_role;
