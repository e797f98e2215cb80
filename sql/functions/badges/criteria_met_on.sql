create or replace function private.criteria_met_on(
    node jsonb,
    leaf_dates jsonb,
    path text default '$'
)
returns date
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key text := case when criteria_met_on.node ? 'all' then 'all' when criteria_met_on.node ? 'any' then 'any' end;
begin
    if v_key is null then
        return (criteria_met_on.leaf_dates ->> criteria_met_on.path)::date;
    end if;
    return (
        select
            case
                when v_key = 'any' then min(child.met_on)
                when count(child.met_on) = count(*) then max(child.met_on)
            end
        from (
            select
                private.criteria_met_on(
                    element.value,
                    criteria_met_on.leaf_dates,
                    format('%s.%s[%s]', criteria_met_on.path, v_key, element.ordinality - 1)
                ) as met_on
            from jsonb_array_elements(criteria_met_on.node -> v_key) with ordinality as element
        ) as child
    );
end
$$;

comment on function private.criteria_met_on is
'The first date on which criteria were met, from the date of each leaf by its path; null: never. For our
functions only.';
revoke all on function private.criteria_met_on from public, anon, authenticated, service_role;
