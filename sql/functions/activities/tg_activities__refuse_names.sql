-- Of each statement the codes that are new to its rows, once each. What our own RPCs write, they have looked at.
create or replace function private.tg_activities__refuse_names()
returns trigger
language plpgsql
volatile
security definer -- looks for names that the caller may not see
set search_path = pg_catalog, pg_temp
-- Old rows meet new ones by hashes or in order, also in a plan that is kept from a statement of one row.
set enable_nestloop = off
as $$
declare
    -- The service role sees every name, so it is told of every name.
    v_is_service boolean := private.is_service_call();
    v_caller_id uuid := case when not private.is_service_call() then private.caller_id() end;
    v_field text;
    v_problem text;
begin
    if tg_op = 'INSERT' then
        select given.field, given.problem
        into v_field, v_problem
        from (
            select distinct new_rows.organisation_id, new_rows.coordinator_id, code.field, code.content
            from new_rows
            cross join lateral (
                values
                ('activity_type', new_rows.activity_type), ('delivery_mode', new_rows.delivery_mode), ('place', new_rows.place)
            ) as code (field, content)
            where code.content <> 'in_person'
        ) as code
        cross join lateral (
            select
                code.field,
                private.code_problem(
                    code.content,
                    case when not v_is_service then code.organisation_id end,
                    case when code.coordinator_id is null then v_caller_id end
                ) as problem
        ) as given
        where given.problem is not null
        order by given.field
        limit 1;
    else
        select given.field, given.problem
        into v_field, v_problem
        from (
            select distinct new_rows.organisation_id, new_rows.coordinator_id, code.field, code.content
            from new_rows
            inner join old_rows on old_rows.id = new_rows.id
            cross join lateral (
                values
                ('activity_type', new_rows.activity_type, old_rows.activity_type),
                ('delivery_mode', new_rows.delivery_mode, old_rows.delivery_mode),
                ('place', new_rows.place, old_rows.place)
            ) as code (field, content, content_before)
            where code.content is distinct from code.content_before
        ) as code
        cross join lateral (
            select
                code.field,
                private.code_problem(
                    code.content,
                    case when not v_is_service then code.organisation_id end,
                    case when code.coordinator_id is null then v_caller_id end
                ) as problem
        ) as given
        where given.problem is not null
        order by given.field
        limit 1;
    end if;

    if v_field is not null then
        raise exception using
            errcode = '22023',
            message = format('%s %s.', v_field, v_problem),
            detail = v_field,
            hint = 'A code says what was done, such as group_meeting, and never with whom. Nothing was saved.';
    end if;
    return null;
end
$$;

comment on function private.tg_activities__refuse_names is
'Trigger function of activities: refuses codes that hold the name of a mentor. Error: 22023, DETAIL the column.';
revoke all on function private.tg_activities__refuse_names from public, anon, authenticated, service_role;
