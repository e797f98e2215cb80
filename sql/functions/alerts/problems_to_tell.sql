-- What status shows and what a receiver hears is one list: there is no second opinion on what needs a person.
create or replace function private.problems_to_tell(
    receivers text[],
    only_critical boolean[],
    at timestamptz default clock_timestamp()
)
returns table (
    receiver text,
    telling text,
    problem_key text,
    code text,
    severity text,
    organisation_id uuid,
    organisation text,
    message text,
    action text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with found as materialized (
        select
            -- What to do names an alert by its id, and is otherwise the same however often it is asked.
            md5(concat_ws('/', problem.code, problem.organisation_id, problem.action)) as problem_key, problem.*
        from private.status_problems(problems_to_tell.at) as problem
        where problem.severity <> 'info'
    ),
    listed as (
        select listed.receiver, listed.only_critical
        from unnest(problems_to_tell.receivers, problems_to_tell.only_critical) as listed (receiver, only_critical)
    ),
    telling as (
        select
            listed.receiver, case when told.problem_key is null then 'new' else 'still' end as telling,
            found.problem_key, found.code, found.severity, found.organisation_id, found.message, found.action
        from listed
        cross join (
            select distinct on (each.problem_key) each.* from found as each order by each.problem_key, each.oldest_at
        ) as found
        left join private.told_problems as told on told.receiver = listed.receiver and told.problem_key = found.problem_key
        where
            (found.severity = 'critical' or not listed.only_critical)
            and (
                told.problem_key is null
                -- What is critical is said again every day for as long as it lasts.
                or found.severity = 'critical' and told.told_at <= problems_to_tell.at - interval '1 day'
            )
        union all
        select
            told.receiver, 'over', told.problem_key, told.code, told.severity, told.organisation_id, told.message, null
        from private.told_problems as told
        inner join listed on listed.receiver = told.receiver
        where not exists (select from found where found.problem_key = told.problem_key)
    )
    select
        telling.receiver, telling.telling, telling.problem_key, telling.code, telling.severity, telling.organisation_id,
        organisation.name, telling.message, telling.action
    from telling
    left join public.organisations as organisation on organisation.id = telling.organisation_id
    order by
        telling.receiver,
        array_position(array['new', 'still', 'over'], telling.telling),
        array_position(array['critical', 'warning'], telling.severity),
        telling.code,
        telling.problem_key
$$;

comment on function private.problems_to_tell is
'What each of these receivers of alerts is to be told: problems that are new, critical ones again after a day (still), and what it was
told of and is over. only_critical says of each receiver whether it hears of nothing else. For the runner.';
revoke all on function private.problems_to_tell from public, anon, authenticated, service_role;
