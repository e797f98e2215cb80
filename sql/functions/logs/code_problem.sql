-- What a code says is copied into logs, where nothing personal may stand.
create or replace function private.code_problem(
    code text,
    organisation_id uuid,
    to_user_id uuid default null
)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when code_problem.code !~ '^[A-Za-zÆØÅæøå]' then 'does not begin with a letter'
        when code_problem.code ~ '[0-9]{5}' then 'holds a run of five digits'
        -- A phone number or a national id with something in between; a date is neither.
        when regexp_replace(code_problem.code, '(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]', '') ~ '([0-9][_-]*){8}'
            then 'holds eight digits or more'
        when
            code_problem.code ~ '[A-Za-zÆØÅæøå]{2}.*[_0-9-].*[A-Za-zÆØÅæøå]{2}'
            and private.names_a_mentor(code_problem.code, code_problem.organisation_id, code_problem.to_user_id)
            then 'holds the name of a mentor'
    end
$$;

comment on function private.code_problem is
'What is wrong with a code of an activity, in words that follow its name; null: nothing. For our functions only.';
revoke all on function private.code_problem from public, anon, authenticated, service_role;
