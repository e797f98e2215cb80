-- What a leaf alone asks for from a day on, and no more: as many as it takes of what helps most.
--
--   1. Entries are laid out in the order in which they help: all on the first day that has room for counts, minutes (as much as it has
--      room for), participants and types; a day, week or month after the other where those are counted.
--   2. The fewest of them from the beginning that reach the threshold are found by halving: an entry more never lowers a value.
--
-- taken: what is planned beside it and leaves less room in the days.
--
-- Null: nothing from that day on can reach it, or it would take more than is worth listing.
create or replace function private.leaf_step(
    mentor_id uuid,
    measure private.badge_measures,
    at_least bigint,
    given private.activity_days[],
    first_day date,
    taken private.activity_days[]
)
returns private.activity_days[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most constant int := 1000;
    c_minutes constant int := 1440;
    v_start date := greatest(leaf_step.first_day, (leaf_step.measure).from_on);
    v_end date := coalesce((leaf_step.measure).to_on, date '2199-12-31');
    v_type text;
    v_mode text;
    v_entries private.activity_days[];
    v_low bigint := 1;
    v_high bigint;
    v_middle bigint;
    v_metric text := (leaf_step.measure).metric;
    v_latest_start date;
    v_requests private.measure_request[] := array[
        row(leaf_step.mentor_id, (leaf_step.measure).id, null, null)::private.measure_request
    ];
begin
    if v_start > v_end then
        return null;
    end if;
    -- As the mentor usually does it, among what the leaf counts.
    select done.activity_type
    into v_type
    from unnest(leaf_step.given) as done
    where (leaf_step.measure).activity_types is null or done.activity_type = any ((leaf_step.measure).activity_types)
    group by done.activity_type
    order by sum(done.activity_count) desc, done.activity_type
    limit 1;
    v_type := coalesce(v_type, (leaf_step.measure).activity_types[1], 'conversation');
    select done.delivery_mode
    into v_mode
    from unnest(leaf_step.given) as done
    where (leaf_step.measure).delivery_modes is null or done.delivery_mode = any ((leaf_step.measure).delivery_modes)
    group by done.delivery_mode
    order by sum(done.activity_count) desc, done.delivery_mode
    limit 1;
    v_mode := coalesce(v_mode, (leaf_step.measure).delivery_modes[1], 'in_person');

    -- How many units there may be: of each day what it has room for, of the others one an entry.
    v_high := case
        when v_metric in ('minutes_total', 'participants_total') then least(leaf_step.at_least, 10 * 1000 * 1000)
        else least(leaf_step.at_least, c_most)
    end;
    -- If all of them do not do, nothing does. But a window with a day that is taken may be too short, and a later one is not.
    if (leaf_step.measure).within_days is not null then
        v_latest_start := least(v_end, v_start + 31);
    end if;
    loop
        v_entries := private.step_entries(
            leaf_step.mentor_id, leaf_step.measure, v_high, v_type, v_mode, leaf_step.given, leaf_step.taken, v_start, v_end, c_minutes
        );
        exit when (
            select max(series.value)
            from private.measure_series(
                v_requests, array[leaf_step.measure], given => leaf_step.given || v_entries
            ) as series
        ) >= leaf_step.at_least;
        if v_latest_start is null or v_start >= v_latest_start then
            return null;
        end if;
        v_start := v_start + 1;
    end loop;
    while v_low < v_high loop
        v_middle := (v_low + v_high) / 2;
        v_entries := private.step_entries(
            leaf_step.mentor_id, leaf_step.measure, v_middle, v_type, v_mode, leaf_step.given, leaf_step.taken, v_start, v_end, c_minutes
        );
        if (
            select max(series.value)
            from private.measure_series(
                v_requests, array[leaf_step.measure], given => leaf_step.given || v_entries
            ) as series
        ) >= leaf_step.at_least then
            v_high := v_middle;
        else
            v_low := v_middle + 1;
        end if;
    end loop;
    return private.step_entries(
        leaf_step.mentor_id, leaf_step.measure, v_high, v_type, v_mode, leaf_step.given, leaf_step.taken, v_start, v_end, c_minutes
    );
end
$$;

comment on function private.leaf_step is
'The fewest activities from a day on by which a mentor with the given ones reaches a measure; null: none do. For our functions only.';
revoke all on function private.leaf_step from public, anon, authenticated, service_role;
