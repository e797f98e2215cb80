-- Checks the shape of criteria before they are stored. What they refer to in the organisation (other
-- badges) is checked by private.compile_badges, when all rows of the statement are there.
create or replace function private.check_criteria(
    node jsonb,
    path text default '$'
)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key text;
    v_child jsonb;
    v_index int;
    v_problem text;
    v_at text := check_criteria.path;
    v_metric text := check_criteria.node ->> 'metric';
    c_counting constant text[] := array[
        'activity_count', 'minutes_total', 'participants_total', 'distinct_days',
        'distinct_activity_types', 'consecutive_weeks', 'consecutive_months'
    ];
    c_metrics constant text[] := c_counting || array['tenure_days', 'badge_earned'];
    c_leaves constant int := 200;
    v_leaves int;
begin
    if check_criteria.path = '$' then
        v_leaves := (select count(*) from jsonb_path_query(check_criteria.node, 'strict $.** ? (exists (@.metric))'));
    end if;

    if v_leaves > c_leaves then
        v_problem := format('has %s conditions; a badge can have %s', v_leaves, c_leaves);

    elsif jsonb_typeof(check_criteria.node) is distinct from 'object' then
        v_problem := 'must be an object: {"all": […]}, {"any": […]} or a leaf with "metric" and "at_least"';

    elsif check_criteria.path ~ '(\..*){10}' then
        v_problem := 'is nested more than nine levels deep';

    elsif check_criteria.node ? 'all' or check_criteria.node ? 'any' then
        v_key := case when check_criteria.node ? 'all' then 'all' else 'any' end;
        v_at := check_criteria.path || '.' || v_key;
        if (select count(*) from jsonb_object_keys(check_criteria.node)) > 1 then
            v_at := check_criteria.path;
            v_problem := format('has keys beside "%s"', v_key);
        elsif jsonb_typeof(check_criteria.node -> v_key) <> 'array' or jsonb_array_length(check_criteria.node -> v_key) = 0 then
            v_problem := 'must be a list with at least one node';
        else
            for v_child, v_index in
                select element.value, element.ordinality - 1
                from jsonb_array_elements(check_criteria.node -> v_key) with ordinality as element
            loop
                perform private.check_criteria(v_child, format('%s[%s]', v_at, v_index));
            end loop;
            return;
        end if;

    elsif not check_criteria.node ? 'metric' then
        v_problem := 'needs "all", "any" or "metric"';

    elsif jsonb_typeof(check_criteria.node -> 'metric') <> 'string' or v_metric <> all (c_metrics) then
        v_at := check_criteria.path || '.metric';
        v_problem := 'is not a metric; known are ' || array_to_string(c_metrics, ', ');

    else
        -- The first key that does not belong here, or whose value cannot be used.
        select check_criteria.path || '.' || private.quotable_key(entry.key), entry.problem
        into v_at, v_problem
        from (
            select
                given.key,
                case
                    when given.key = 'metric' then null
                    when given.key = 'at_least' then
                        case
                            when jsonb_typeof(given.value) <> 'number' or given.value #>> '{}' !~ '^[0-9]{1,12}$'
                                or (given.value #>> '{}')::bigint < 1
                                then 'must be a whole number, 1 or more'
                            when v_metric = 'badge_earned' and given.value <> '1'::jsonb
                                then 'can only be 1 for badge_earned'
                        end
                    when given.key = 'badge' and v_metric = 'badge_earned' then
                        case when jsonb_typeof(given.value) <> 'string' then 'must be the slug of a badge' end
                    when v_metric <> all (c_counting) then
                        'does not apply to ' || v_metric
                    when given.key in ('activity_types', 'delivery_modes') then
                        case
                            when jsonb_typeof(given.value) <> 'array' or jsonb_array_length(given.value) = 0
                                or jsonb_path_exists(given.value, '$[*] ? (@.type() != "string")')
                                then 'must be a list of at least one text'
                        end
                    when given.key = 'within_days' then
                        case
                            when jsonb_typeof(given.value) <> 'number' or given.value #>> '{}' !~ '^[0-9]{1,5}$'
                                or (given.value #>> '{}')::int not between 1 and 36600
                                then 'must be a whole number of days, 1 to 36600'
                        end
                    when given.key in ('from', 'to') then
                        case
                            when not private.is_iso_date(given.value #>> '{}')
                                then 'must be a date like "2026-01-31"'
                            when given.key = 'to' and private.is_iso_date(check_criteria.node ->> 'from')
                                and (given.value #>> '{}')::date < (check_criteria.node ->> 'from')::date
                                then 'is before "from"'
                        end
                    else 'is not known here'
                end as problem
            from jsonb_each(check_criteria.node) as given
            union all
            select 'at_least', 'is missing'
            where not check_criteria.node ? 'at_least' and v_metric <> 'badge_earned'
            union all
            select 'badge', 'is missing'
            where not check_criteria.node ? 'badge' and v_metric = 'badge_earned'
        ) as entry
        where entry.problem is not null
        order by entry.key
        limit 1;
    end if;

    if v_problem is not null then
        raise exception using
            errcode = 'PL001',
            message = format('The criteria are invalid: %s %s.', v_at, v_problem),
            detail = v_at,
            hint = 'The path names the place in the criteria.';
    end if;
end
$$;

comment on function private.check_criteria is
'Raises PL001, its DETAIL the JSON path, unless the criteria are well formed. For our functions only.';
revoke all on function private.check_criteria from public, anon, authenticated, service_role;
