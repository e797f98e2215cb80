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
            hint = 'Give each process its own: a lease is held by name.';
    end if;
    if not coalesce(require_lease.lease > interval '0' and require_lease.lease <= interval '1 hour', false) then
        raise exception using
            errcode = '22023',
            message = 'lease must be longer than nothing and at most an hour.',
            hint = 'A worker that needs longer takes a part, and claims again.';
    end if;
end
$$;

comment on function private.require_lease is
'Passes for the name of a worker and a lease of at most an hour. Error: 22023. For our functions only.';
revoke all on function private.require_lease from public, anon, authenticated, service_role;
