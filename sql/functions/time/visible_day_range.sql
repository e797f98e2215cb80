-- Definer: whether the caller may see the organisation is decided here, once, and not for each row.
create or replace function private.visible_day_range(
    org_id uuid,
    from_date date,
    to_date date
)
returns tstzrange
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_range tstzrange;
begin
    if num_nulls(visible_day_range.from_date, visible_day_range.to_date) > 0 then
        raise exception using errcode = '22023', message = 'from_date and to_date must both be given.';
    end if;
    -- Beyond these there may be no next midnight to count to.
    if not (
        visible_day_range.from_date between '0001-01-01' and '9999-12-31'
        and visible_day_range.to_date between '0001-01-01' and '9999-12-31'
    ) then
        raise exception using
            errcode = '22023',
            message = format(
                'from_date and to_date must be from the year 1 to 9999, not %s and %s.',
                visible_day_range.from_date, visible_day_range.to_date
            ),
            hint = 'Give the first and the last day of the period.';
    end if;
    if visible_day_range.from_date > visible_day_range.to_date then
        raise exception using
            errcode = '22023',
            message = format('from_date %s must not be after to_date %s.', visible_day_range.from_date, visible_day_range.to_date),
            hint = 'Both days are included; give the same date twice for one day.';
    end if;

    -- From one local midnight to another: a day is 23 or 25 hours when the clocks change.
    select tstzrange(
        visible_day_range.from_date::timestamp at time zone organisation.time_zone,
        (visible_day_range.to_date + 1)::timestamp at time zone organisation.time_zone
    )
    into v_range
    from public.organisations as organisation
    where
        organisation.id = visible_day_range.org_id
        and (private.is_service_call() or organisation.id in (select private.my_organisation_ids()));
    return v_range;
end
$$;

comment on function private.visible_day_range is
'From the first moment of from_date to the last of to_date in the organisation''s time zone; null when the caller may '
'not see the organisation''s log. Error: 22023. For our functions only.';
revoke all on function private.visible_day_range from public, anon, authenticated, service_role;
