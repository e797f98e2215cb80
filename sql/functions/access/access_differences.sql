-- What is not as this version says. An object that is missing, and one that is there although this version has none of
-- that name, are one row each. What the app keeps in the same schemas is left alone: of what is not in the description
-- only that counts which belongs to peerledger_owner, or hangs on a table or a function that is.
create or replace function private.access_differences(
    description jsonb default null
)
returns table (
    object text,
    aspect text,
    expected text,
    found text,
    privilege text,
    kind text,
    message text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    with
    described as materialized (
        select line.kind, line.object, line.aspect, line.value
        from jsonb_to_recordset(access_differences.description)
        as line (kind text, object text, aspect text, value text)
        union all
        select line.kind, line.object, line.aspect, line.value
        from private.access_description as line
        where access_differences.description is null
    ),
    found as materialized (
        select state.kind, state.object, state.found_in, state.aspect, state.value
        from private.describe_access(
            array(
                select distinct described.object from described where described.kind in ('table', 'sequence', 'function', 'type')
            )
        ) as state
    ),
    wanted as materialized (
        select described.kind, described.object, described.object as found_in, described.aspect, described.value
        from described
        where described.kind <> 'partition'
        union all
        select described.kind, described.object, part.found_in, described.aspect, described.value
        from described
        inner join (
            select distinct found.object, found.found_in
            from found
            where found.kind = 'partition'
        ) as part on part.object = described.object
        where described.kind = 'partition'
    ),
    compared as (
        select
            coalesce(wanted.kind, found.kind) as kind,
            coalesce(wanted.found_in, found.found_in) as object,
            coalesce(wanted.aspect, found.aspect) as aspect,
            wanted.value as expected,
            found.value as found,
            -- Schemas and default privileges are there, or were made by somebody else.
            coalesce(wanted.kind, found.kind) in ('table', 'sequence', 'function', 'type', 'partition', 'view') as may_be_missing,
            exists (
                select from wanted as other where other.kind = found.kind and other.found_in = found.found_in
            ) as is_described,
            exists (
                select from found as other where other.kind = wanted.kind and other.found_in = wanted.found_in
            ) as is_there
        from wanted
        full join found
            on found.kind = wanted.kind and found.found_in = wanted.found_in and found.aspect = wanted.aspect
        where
            wanted.value is distinct from found.value
            and exists (select from described)
    ),
    difference as (
        select compared.kind, compared.object, compared.aspect, compared.expected, compared.found
        from compared
        where
            not compared.may_be_missing
            or (compared.is_there and compared.expected is not null)
            or (compared.is_described and compared.expected is null)
        union all
        select distinct compared.kind, compared.object, 'existence', 'present', 'missing'
        from compared
        where
            compared.may_be_missing
            and not compared.is_there
            and compared.expected is not null
            -- Only the runner's first `migrate` makes them.
            and compared.object not like 'private.\_yoyo%'
        union all
        select compared.kind, compared.object, 'existence', 'absent', 'owned by peerledger_owner'
        from compared
        where
            compared.may_be_missing
            and not compared.is_described
            and compared.expected is null
            and compared.aspect = 'owner'
            and compared.found = 'peerledger_owner'
    )
    select
        difference.object,
        difference.aspect,
        difference.expected,
        difference.found,
        coalesce(privileges.extra, privileges.lacking) as privilege,
        difference.kind,
        difference.kind || ' ' || difference.object || ': ' || case
            when difference.aspect = 'existence' and difference.found = 'missing' then 'is missing'
            when difference.aspect = 'existence' then 'belongs to peerledger_owner and is not part of this version'
            when privileges.grantee is not null
                then privileges.grantee || concat_ws(' and', ' has ' || privileges.extra, ' lacks ' || privileges.lacking)
            when difference.aspect = 'foreign keys' then difference.found
            when difference.aspect = 'body' then 'its body is not the one of this version'
            when difference.kind = 'role' then difference.aspect
            when difference.found is null then difference.aspect || ' is missing'
            when difference.expected is null then difference.aspect || ' is not part of this version'
            when
                difference.aspect like 'trigger %'
                and split_part(difference.found, ':', 1) <> split_part(difference.expected, ':', 1)
                then format(
                    '%s is %s, not %s',
                    difference.aspect, split_part(difference.found, ':', 1), split_part(difference.expected, ':', 1)
                )
            when difference.aspect ~ '^(policy|trigger|signature)'
                then difference.aspect || ' is not the one of this version'
            else format('%s is %s, not %s', difference.aspect, difference.found, difference.expected)
        end
    from difference
    left join lateral (
        select
            substring(difference.aspect from '^(?:column )?privileges of (.*)$') as grantee,
            (
                select string_agg(privilege.name, ', ')
                from unnest(string_to_array(difference.found, ', ')) as privilege (name)
                where privilege.name <> all (string_to_array(coalesce(difference.expected, ''), ', '))
            ) as extra,
            (
                select string_agg(privilege.name, ', ')
                from unnest(string_to_array(difference.expected, ', ')) as privilege (name)
                where privilege.name <> all (string_to_array(coalesce(difference.found, ''), ', '))
            ) as lacking
    ) as privileges on difference.aspect ~ '^(column )?privileges of '
    order by difference.kind, difference.object, difference.aspect
$$;

comment on function private.access_differences is
'Owners, privileges, row level security, policies, triggers, rules and functions that are not as in the description: of '
'this version (private.access_description), or the one given, an array of kind, object, aspect and value. Empty where '
'there is no description. For our functions and the runner.';
revoke all on function private.access_differences from public, anon, authenticated, service_role;
