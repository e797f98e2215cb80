-- Criteria have no negation, so jsonpath's own && and || say all of it: evaluating a badge is then
-- one call of jsonb_path_match, however the criteria are nested.
create or replace function private.criteria_formula(
    node jsonb,
    value_keys jsonb,
    path text default '$'
)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key text := case when criteria_formula.node ? 'all' then 'all' when criteria_formula.node ? 'any' then 'any' end;
begin
    if v_key is null then
        return format(
            '($.%s >= %s)',
            to_jsonb(criteria_formula.value_keys ->> criteria_formula.path),
            coalesce(criteria_formula.node ->> 'at_least', '1')
        );
    end if;
    return (
        select format(
            '(%s)',
            string_agg(
                private.criteria_formula(
                    child.value,
                    criteria_formula.value_keys,
                    format('%s.%s[%s]', criteria_formula.path, v_key, child.ordinality - 1)
                ),
                case v_key when 'all' then ' && ' else ' || ' end
                order by child.ordinality
            )
        )
        from jsonb_array_elements(criteria_formula.node -> v_key) with ordinality as child
    );
end
$$;

comment on function private.criteria_formula is
'The jsonpath predicate that decides criteria over a mentor''s values; value_keys names the value of each leaf by
its path. For our functions only.';
revoke all on function private.criteria_formula from public, anon, authenticated, service_role;
