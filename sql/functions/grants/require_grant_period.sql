-- Definer: looks for organisations that the caller may not see.
create or replace function private.require_grant_period(
    org_id uuid,
    from_date date,
    to_date date
)
returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_longest constant int := 3660;
begin
    perform private.require_organisation(require_grant_period.org_id);
    if not coalesce(
        require_grant_period.from_date between '1970-01-01' and '2199-12-31'
        and require_grant_period.to_date between require_grant_period.from_date and '2199-12-31'
        and require_grant_period.to_date - require_grant_period.from_date < c_longest,
        false
    ) then
        raise exception using
            errcode = '22023',
            message = format(
                'from_date and to_date must be two dates in order, from 1970 to 2199 and at most ten years apart, not %s and %s.',
                coalesce(require_grant_period.from_date::text, 'null'), coalesce(require_grant_period.to_date::text, 'null')
            ),
            hint = 'Both days are included; give the same date twice for one day.';
    end if;
end
$$;

comment on function private.require_grant_period is
'Passes for a period of an organisation that the caller coordinates. Errors: PT404, 22023. For our functions only.';
revoke all on function private.require_grant_period from public, anon, authenticated, service_role;
