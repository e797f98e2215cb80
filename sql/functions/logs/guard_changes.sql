-- In a database that was restored or copied by dump no object is the one that was marked: that is one thing to say and not
-- thousands. What is named differently, or is not there, is said of such a one too.
create or replace function private.guard_changes()
returns table (
    object_name text,
    log_name text,
    change text,
    parts text[]
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with compared as materialized (
        select
            coalesce(present.object_name, marked.object_name) as object_name,
            coalesce(present.log_name, marked.log_name) as log_name,
            present.parts as now,
            marked.parts as before
        from private.guard_versions() as present
        full join private.log_guard_marks as marked on marked.object_name = present.object_name
    ),

    state as materialized (
        select
            count(before) > 0 as is_marked,
            -- Of our other tables some have nothing by which they could be told apart from their copies.
            count(*) filter (where now = before and (log_name is not null or before ? 'function')) = 0 as is_restored
        from compared
    ),

    differing as (
        select
            compared.object_name,
            compared.log_name,
            case
                when compared.before is null then 'added'
                when compared.now is null then 'gone'
                when compared.now ->> 'table' <> compared.before ->> 'table' and not state.is_restored then 'replaced'
                else 'changed'
            end as change,
            case
                when compared.now is null then (
                    select array['is now ' || relation.oid::regclass]
                    from pg_class as relation
                    where relation.oid = (compared.before ->> 'table')::oid
                )
                when compared.before is not null then array(
                    select coalesce(part_now.key, part_before.key)
                    from jsonb_each_text(compared.now) as part_now
                    full join jsonb_each_text(compared.before) as part_before on part_before.key = part_now.key
                    where
                        case
                            when state.is_restored
                                then
                                    (part_now.key is null or part_before.key is null)
                                    and coalesce(part_now.key, part_before.key) not like 'dropped column %'
                            else part_now.value is distinct from part_before.value
                        end
                    order by 1
                )
            end as parts
        from compared
        cross join state
        where state.is_marked and compared.now is distinct from compared.before
    )

    select
        'private.log_guard_marks',
        null,
        case when state.is_marked then 'edited' else 'emptied' end,
        null::text[]
    from state
    where
        case
            -- A rollback takes the marks away, too; until the next migration there is nothing to compare.
            when not state.is_marked then exists (select from private.sql_files as file where file.kind = 'object')
            else not (state.is_restored or private.guard_marks_are_sealed())
        end
    union all
    select format('database %I', current_database()), null, 'restored', null
    from state
    where state.is_marked and state.is_restored
    union all
    select differing.object_name, differing.log_name, differing.change, differing.parts
    from differing
    cross join state
    where
        not state.is_restored
        or (differing.change = 'gone' and differing.log_name is not null)
        or (differing.change = 'changed' and cardinality(differing.parts) > 0)
$$;

comment on function private.guard_changes is
'What is not as it was last marked of the objects that the logs'' protection rests on: change is changed, replaced '
'(dropped and made again), gone, added; edited or emptied of the marks themselves; restored of the whole database. For '
'our functions and the runner.';
revoke all on function private.guard_changes from public, anon, authenticated, service_role;
