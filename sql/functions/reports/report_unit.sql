create or replace function private.report_unit(
    from_date date,
    to_date date
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- Two months of days can still be told apart in a plot.
    select case when report_unit.to_date - report_unit.from_date < 62 then 'day' else 'month' end
$$;

comment on function private.report_unit is
'Whether a report of this period counts by day or by month. For our functions only.';
revoke all on function private.report_unit from public, anon, authenticated, service_role;
