create or replace function private.step_entries(
    mentor_id uuid,
    measure private.badge_measures,
    units bigint,
    activity_type text,
    delivery_mode text,
    given private.activity_days[],
    taken private.activity_days[],
    first_day date,
    last_day date,
    day_minutes int
)
returns private.activity_days[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_day date;
    v_full_days date[];
begin
    if (step_entries.measure).metric in ('activity_count', 'minutes_total') then
        -- Day after day what it has room for; an activity takes a minute at least.
        return array(
            select row(
                step_entries.mentor_id, filled.day_on, step_entries.activity_type, step_entries.delivery_mode,
                case when (step_entries.measure).metric = 'activity_count' then filled.units else 1 end,
                filled.units,
                case when (step_entries.measure).metric = 'activity_count' then filled.units else 1 end
            )::private.activity_days
            from (
                select
                    room.day_on,
                    least(room.minutes, step_entries.units - coalesce(sum(room.minutes) over before, 0)) as units
                from (
                    select
                        step_entries.first_day + day.number as day_on,
                        greatest(
                            0,
                            step_entries.day_minutes - coalesce(
                                (
                                    select sum(done.minutes_total)
                                    from unnest(step_entries.given || step_entries.taken) as done
                                    where done.occurred_on = step_entries.first_day + day.number
                                ), 0
                            )
                        )::bigint as minutes
                    from generate_series(
                        0,
                        least(
                            (step_entries.last_day - step_entries.first_day),
                            step_entries.units / step_entries.day_minutes + coalesce((step_entries.measure).within_days, 31),
                            400
                        )::int
                    ) as day (number)
                ) as room
                window before as (order by room.day_on rows between unbounded preceding and 1 preceding)
            ) as filled
            where filled.units > 0
            order by filled.day_on
        );
    end if;

    if (step_entries.measure).metric in ('participants_total', 'distinct_activity_types') then
        -- All on the first day that has room for so many activities.
        v_day := (
            select step_entries.first_day + day.number
            from generate_series(0, least(step_entries.last_day - step_entries.first_day, 400)) as day (number)
            where
                step_entries.day_minutes >= case
                    when (step_entries.measure).metric = 'participants_total' then (step_entries.units - 1) / 10000 + 1
                    else step_entries.units
                end + coalesce(
                    (
                        select sum(done.minutes_total)
                        from unnest(step_entries.given || step_entries.taken) as done
                        where done.occurred_on = step_entries.first_day + day.number
                    ), 0
                )
            order by day.number
            limit 1
        );
        if v_day is null then
            return array[]::private.activity_days[];
        end if;
    end if;

    if (step_entries.measure).metric = 'participants_total' then
        return array(
            select row(
                step_entries.mentor_id, v_day, step_entries.activity_type, step_entries.delivery_mode, 1, 1,
                least(10000, step_entries.units - 10000 * part.number)
            )::private.activity_days
            from generate_series(0, (step_entries.units - 1) / 10000) as part (number)
            order by part.number
        );
    end if;

    if (step_entries.measure).metric = 'distinct_activity_types' then
        return array(
            select row(
                step_entries.mentor_id, v_day, kind.activity_type, step_entries.delivery_mode, 1, 1, 1
            )::private.activity_days
            from (
                select candidate.activity_type, min(candidate.place) as place
                from (
                    select named.activity_type, named.place
                    from unnest((step_entries.measure).activity_types) with ordinality as named (activity_type, place)
                    union all
                    select known.activity_type, 1000
                    from (
                        select unnest(setting.activity_types) as activity_type
                        from public.organisation_settings as setting
                        where setting.organisation_id = (step_entries.measure).organisation_id
                        union
                        select unnest(rule.activity_types)
                        from public.grant_rules as rule
                        where rule.organisation_id = (step_entries.measure).organisation_id or rule.organisation_id is null
                        union
                        select done.activity_type from unnest(step_entries.given) as done
                    ) as known
                    where (step_entries.measure).activity_types is null
                    union all
                    -- Where an organisation knows fewer, any others do.
                    select 'another_type_' || number.value, 2000 + number.value
                    from generate_series(1, step_entries.units) as number (value)
                    where (step_entries.measure).activity_types is null
                ) as candidate
                group by candidate.activity_type
            ) as kind
            where not exists (
                select
                from unnest(step_entries.given) as done
                where
                    done.activity_type = kind.activity_type
                    and ((step_entries.measure).delivery_modes is null or done.delivery_mode = any ((step_entries.measure).delivery_modes))
                    and done.occurred_on
                    between coalesce(
                        greatest((step_entries.measure).from_on, v_day - (step_entries.measure).within_days + 1),
                        (step_entries.measure).from_on,
                        '-infinity'
                    ) and v_day
            )
            order by kind.place, kind.activity_type
            limit step_entries.units
        );
    end if;

    v_full_days := array(
        select done.occurred_on
        from unnest(step_entries.given || step_entries.taken) as done
        where done.occurred_on >= step_entries.first_day
        group by done.occurred_on
        having sum(done.minutes_total) >= step_entries.day_minutes
    );
    -- A day, a week or a month after the other, those with something already left out.
    return array(
        select row(
            step_entries.mentor_id, free.day_on, step_entries.activity_type, step_entries.delivery_mode, 1, 1, 1
        )::private.activity_days
        from (
            select room.day_on
            from generate_series(0, step_entries.units + 1000) as step (number)
            cross join lateral (
                select
                    case (step_entries.measure).metric
                        when 'distinct_days' then step_entries.first_day + step.number::int
                        when 'consecutive_weeks'
                            then (date_trunc('week', step_entries.first_day::timestamp) + step.number * interval '7 days')::date
                        else (date_trunc('month', step_entries.first_day::timestamp) + step.number * interval '1 month')::date
                    end as first_on,
                    case (step_entries.measure).metric
                        when 'distinct_days' then step_entries.first_day + step.number::int
                        when 'consecutive_weeks'
                            then (date_trunc('week', step_entries.first_day::timestamp) + step.number * interval '7 days')::date + 6
                        else (date_trunc('month', step_entries.first_day::timestamp) + (step.number + 1) * interval '1 month')::date - 1
                    end as last_on
            ) as period
            cross join lateral (
                select greatest(period.first_on, step_entries.first_day) as first_on
            ) as begun
            cross join lateral (
                select
                    case
                        when not begun.first_on = any (v_full_days) then begun.first_on
                        else (
                            select min(begun.first_on + day.number)
                            from generate_series(0, period.last_on - begun.first_on) as day (number)
                            where begun.first_on + day.number <> all (v_full_days)
                        )
                    end as day_on
            ) as room
            where
                room.day_on <= step_entries.last_day
                and not exists (
                    select
                    from unnest(step_entries.given) as done
                    where
                        done.occurred_on between greatest(period.first_on, (step_entries.measure).from_on) and period.last_on
                        and done.occurred_on <= step_entries.last_day
                        and (
                            (step_entries.measure).activity_types is null or done.activity_type = any ((step_entries.measure).activity_types)
                        )
                        and (
                            (step_entries.measure).delivery_modes is null or done.delivery_mode = any ((step_entries.measure).delivery_modes)
                        )
                )
            order by step.number
            limit step_entries.units
        ) as free
        order by free.day_on
    );
end
$$;

comment on function private.step_entries is
'So many units of what a measure counts, from a day on, as activities: in the order in which they help. For private.leaf_step.';
revoke all on function private.step_entries from public, anon, authenticated, service_role;
