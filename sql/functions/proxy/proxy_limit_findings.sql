create or replace function private.proxy_limit_findings(
    entries private.proxy_entry[],
    standings private.proxy_standing[]
)
returns setof private.proxy_finding
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with entry as (
        select
            given.*, known.organisation_id, known.today, known.withdrawn_on, known.activity_types,
            sum(given.duration_minutes) over (partition by given.mentor_id, given.occurred_on) as minutes_of_day
        from unnest(proxy_limit_findings.entries) as given
        inner join unnest(proxy_limit_findings.standings) as known on known.mentor_id = given.mentor_id
        where known.standing = 'in_scope'
    )
    select entry.entry_index, 'occurred_on', 'error', format('is in the future; today is %s', entry.today), '22023'
    from entry
    where entry.occurred_on > entry.today
    union all
    select
        entry.entry_index, 'activity_type', 'error',
        'is not one of the types of the organisation: ' || array_to_string(entry.activity_types, ', '), '22023'
    from entry
    where cardinality(entry.activity_types) > 0 and entry.activity_type <> all (entry.activity_types)
    union all
    select entry.entry_index, code.field, 'error', code.problem, '22023'
    from entry
    cross join lateral (
        values
        ('activity_type', private.code_problem(entry.activity_type, entry.organisation_id)),
        (
            'delivery_mode',
            case
                when entry.delivery_mode <> 'in_person'
                    then private.code_problem(entry.delivery_mode, entry.organisation_id)
            end
        )
    ) as code (field, problem)
    where code.problem is not null
    union all
    select entry.entry_index, 'participant_count', 'error', 'is not a whole number from 1 to 10000', '22023'
    from entry
    where entry.participant_count > 10000
    union all
    select
        entry.entry_index, 'mentor_id', 'error',
        format('is a mentor who withdrew on %s, before that activity', entry.withdrawn_on), '22023'
    from entry
    where entry.occurred_on > entry.withdrawn_on
    union all
    select
        entry.entry_index, 'duration_minutes', 'error',
        format('brings the mentor''s activities of that day to %s minutes; a day has 1440', entry.minutes_of_day + others.minutes),
        '22023'
    from entry
    cross join lateral (
        select coalesce(sum(activity.duration_minutes), 0) as minutes
        from public.activities as activity
        where
            activity.mentor_id = entry.mentor_id
            and activity.occurred_on = entry.occurred_on
            and activity.voided_at is null
            and activity.id not in (
                select given.id from unnest(proxy_limit_findings.entries) as given where given.id is not null
            )
    ) as others
    where entry.minutes_of_day + others.minutes > 1440;
end
$$;

comment on function private.proxy_limit_findings is
'What is beyond the limits: a future day, an unknown type, a code that could be a person, more than 10,000 participants, a day
after the mentor withdrew, more than 24 hours a day.
Entries count as said here, whether they are in activities or not. For our functions only; lock the mentors first.';
revoke all on function private.proxy_limit_findings from public, anon, authenticated, service_role;
