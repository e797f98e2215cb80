-- All of what was sent is looked at before anything is refused, so that one answer names every fault.
create or replace function private.read_proxy_entries(
    entries jsonb,
    out read_entries private.proxy_entry[],
    out findings private.proxy_finding[]
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    with given as (
        select
            (element.position - 1)::int as entry_index,
            element.value as sent,
            case when jsonb_typeof(element.value) = 'object' then jsonb_strip_nulls(element.value) else '{}' end as entry,
            case
                when jsonb_typeof(element.value) = 'object' then element.value - array[
                    'id', 'mentor_id', 'activity_type', 'occurred_on', 'duration_minutes', 'participant_count', 'delivery_mode'
                ]
            end as unknown
        from jsonb_array_elements(read_proxy_entries.entries) with ordinality as element (value, position)
    ),
    checked as (
        select
            given.*,
            -- Absent: null. Each CASE guards the cast that follows it.
            private.is_uuid(entry ->> 'id') as id_fits,
            private.is_uuid(entry ->> 'mentor_id') as mentor_fits,
            jsonb_typeof(entry -> 'activity_type') = 'string' and entry ->> 'activity_type' ~ pattern.code as type_fits,
            case
                when entry ->> 'occurred_on' ~ pattern.day
                    then substr(entry ->> 'occurred_on', 9)::int <= extract(
                        day from (substr(entry ->> 'occurred_on', 1, 8) || '01')::date + interval '1 month -1 day'
                    )
                when entry ? 'occurred_on' then false
            end as day_fits,
            case
                when jsonb_typeof(entry -> 'duration_minutes') = 'number'
                    then (entry -> 'duration_minutes')::numeric between 1 and 1440
                    and mod((entry -> 'duration_minutes')::numeric, 1) = 0
                when entry ? 'duration_minutes' then false
            end as duration_fits,
            case
                when jsonb_typeof(entry -> 'participant_count') = 'number'
                    then (entry -> 'participant_count')::numeric between 1 and 100000
                    and mod((entry -> 'participant_count')::numeric, 1) = 0
                when entry ? 'participant_count' then false
            end as participants_fit,
            jsonb_typeof(entry -> 'delivery_mode') = 'string' and entry ->> 'delivery_mode' ~ pattern.code as mode_fits
        from given
        cross join (
            select
                '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}$' as code,
                '^(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' as day
        ) as pattern
    )
    select
        (
            select array_agg(
                row(
                    entry_index,
                    case when id_fits then (entry ->> 'id')::uuid when id_fits is null then gen_random_uuid() end,
                    case when mentor_fits then (entry ->> 'mentor_id')::uuid end,
                    case when type_fits then entry ->> 'activity_type' end,
                    case when day_fits then (entry ->> 'occurred_on')::date end,
                    case when duration_fits then (entry -> 'duration_minutes')::numeric::int end,
                    case
                        when participants_fit then (entry -> 'participant_count')::numeric::int
                        when participants_fit is null then 1
                    end,
                    case when mode_fits then entry ->> 'delivery_mode' when mode_fits is null then 'in_person' end
                )::private.proxy_entry
            )
            from checked
        ),
        (
            select array_agg(
                row(checked.entry_index, fault.field, 'error', fault.reason, '22023')::private.proxy_finding
                order by checked.entry_index, fault.field
            )
            from (
                select checked.*
                from checked
                where
                    not coalesce(mentor_fits and type_fits and day_fits and duration_fits, false)
                    or not id_fits
                    or not participants_fit
                    or not mode_fits
                    or unknown <> '{}'
            ) as checked
            cross join lateral (
                select null as field, 'is not an object' as reason
                where checked.unknown is null
                union all
                select expected.field, case when expected.fits is null then 'is missing' else expected.reason end
                from (
                    values
                    ('mentor_id', checked.mentor_fits, true, 'is not a uuid'),
                    ('activity_type', checked.type_fits, true, 'is not a code: a letter, then up to 59 letters, digits, _ or -'),
                    ('occurred_on', checked.day_fits, true, 'is not a date written as "2026-01-31", from 1970 to 2199'),
                    ('duration_minutes', checked.duration_fits, true, 'is not a whole number from 1 to 1440'),
                    ('id', checked.id_fits, false, 'is not a uuid'),
                    ('participant_count', checked.participants_fit, false, 'is not a whole number from 1 to 10000'),
                    ('delivery_mode', checked.mode_fits, false, 'is not a code: a letter, then up to 59 letters, digits, _ or -')
                ) as expected (field, fits, is_needed, reason)
                where checked.unknown is not null and not coalesce(expected.fits, not expected.is_needed)
                union all
                -- One finding, however many there are, with five names at most.
                select
                    coalesce(invented.names[1], '?'),
                    'is not a field of an entry' || case
                        when invented.others > 0 then ', nor are ' || concat_ws(
                            ' and ',
                            nullif(array_to_string(invented.names[2:], ', '), ''),
                            nullif(invented.others - cardinality(invented.names[2:]), 0) || ' more'
                        )
                        else ''
                    end
                from (
                    select
                        coalesce(
                            (array_agg(sent.key order by sent.key) filter (where private.quotable_key(sent.key) <> '?'))[:5], '{}'
                        ) as names,
                        count(*) - 1 as others
                    from jsonb_object_keys(checked.unknown) as sent (key)
                ) as invented
                where checked.unknown <> '{}'
            ) as fault
        )
    into read_proxy_entries.read_entries, read_proxy_entries.findings;
end
$$;

comment on function private.read_proxy_entries is
'Reads a JSON array of entries: the entries, null where a value cannot be read, and all that is wrong with their form.
An id that is not given is made here. For our functions only.';
revoke all on function private.read_proxy_entries from public, anon, authenticated, service_role;
