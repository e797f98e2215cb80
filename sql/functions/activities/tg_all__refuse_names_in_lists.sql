-- The entry of administrative_changes repeats the list. The service role sees every name, so it is told of every name; a
-- coordinator of those of the organisation.
create or replace function private.tg_all__refuse_names_in_lists()
returns trigger
language plpgsql
volatile
security definer -- looks for names that the caller may not see
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row jsonb := to_jsonb(new);
    v_organisation_id uuid := case when not private.is_service_call() then (v_row ->> 'organisation_id')::uuid end;
    v_column text;
    v_problem text;
begin
    foreach v_column in array tg_argv loop
        continue when jsonb_typeof(v_row -> v_column) is distinct from 'array';
        select min(private.code_problem(listed.code, v_organisation_id))
        into v_problem
        from jsonb_array_elements_text(v_row -> v_column) as listed (code);
        if v_problem is not null then
            raise exception using
                errcode = '22023',
                message = format('A code of %s %s.', v_column, v_problem),
                detail = v_column,
                hint = 'A code says what was done, such as group_meeting, and never with whom.';
        end if;
    end loop;
    return new;
end
$$;

comment on function private.tg_all__refuse_names_in_lists is
'Trigger function of tables with lists of codes, its arguments: refuses codes that hold the name of a mentor. Error: 22023,
DETAIL the column.';
revoke all on function private.tg_all__refuse_names_in_lists from public, anon, authenticated, service_role;
