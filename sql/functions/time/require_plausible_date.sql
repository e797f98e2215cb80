create or replace function private.require_plausible_date(
    as_of date
)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Null is each organisation's own today.
    if not coalesce(require_plausible_date.as_of between '1970-01-01' and '2199-12-31', true) then
        raise exception using
            errcode = '22023',
            message = format('as_of must be a date from 1970 to 2199, not %s.', require_plausible_date.as_of),
            hint = 'Leave it out for today.';
    end if;
end
$$;

comment on function private.require_plausible_date is
'Passes for a date that a run can be for. Error: 22023. For our functions only.';
revoke all on function private.require_plausible_date from public, anon, authenticated, service_role;
