-- Of a single activity the code of its gravest fault and bare field names; of a bulk always PL006 and
-- paths. With one fault DETAIL is exactly its path; with more, one path a line, a hundred at most.
create or replace function private.raise_proxy_findings(
    findings private.proxy_finding[],
    is_bulk boolean,
    refuse_duplicates boolean default false
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_named constant int := 100;
    v_errors int;
    v_code text;
    v_first text;
    v_paths text;
    v_sentences text;
    v_warnings int;
    v_doublets text;
begin
    select
        count(*) filter (where said.is_error),
        (array_agg(said.error_code order by said.error_code in ('42501', 'PT404') desc, said.nth) filter (where said.is_error))[1],
        (array_agg(said.sentence order by said.nth) filter (where said.is_error))[1],
        string_agg(said.path, e'\n' order by said.nth) filter (where said.is_error and said.place <= c_named),
        string_agg(said.sentence, e'\n' order by said.nth) filter (where said.is_error and said.place <= c_named),
        count(*) filter (where not said.is_error),
        string_agg(said.path, e'\n' order by said.nth) filter (where not said.is_error and said.place <= c_named)
    into v_errors, v_code, v_first, v_paths, v_sentences, v_warnings, v_doublets
    from (
        select
            found.*,
            row_number() over (partition by found.is_error order by found.nth) as place
        from (
            select
                place.path,
                place.path || ' ' || finding.reason as sentence,
                finding.severity = 'error' or raise_proxy_findings.refuse_duplicates as is_error,
                finding.error_code,
                -- In the order of the entries, whichever check found what.
                row_number() over (order by min(finding.entry_index), min(finding.nth)) as nth
            from unnest(raise_proxy_findings.findings) with ordinality
                as finding (entry_index, field, severity, reason, error_code, nth)
            cross join lateral (
                select case
                    when raise_proxy_findings.is_bulk then private.proxy_path(finding.entry_index, finding.field)
                    else coalesce(finding.field, 'the activity')
                end as path
            ) as place
            -- The rows of a plain statement have no names: what is wrong with many is said once.
            group by 1, 2, 3, 4
        ) as found
    ) as said;
    v_paths := v_paths || case when v_errors > c_named then format(e'\n… and %s more', v_errors - c_named) else '' end;
    v_sentences := v_sentences || case when v_errors > c_named then format(e'\n… and %s more', v_errors - c_named) else '' end;
    v_doublets := v_doublets || case when v_warnings > c_named then format(e'\n… and %s more', v_warnings - c_named) else '' end;

    if v_errors > 0 then
        raise exception using
            errcode = case when raise_proxy_findings.is_bulk then 'PL006' else v_code end,
            message = case
                when v_errors = 1 then format('Nothing was saved: %s.', v_first)
                else format('Nothing was saved, for %s reasons. The first: %s.', v_errors, v_first)
            end,
            detail = v_paths,
            hint = case when v_errors = 1 then 'Correct it and send everything again.' else v_sentences end;
    end if;

    if v_warnings > 0 then
        raise warning using
            message = 'Possible duplicate: same mentor, date, type and duration.',
            detail = v_doublets,
            hint = 'Void the extra one, or pass refuse_duplicates => true.';
    end if;
end
$$;

comment on function private.raise_proxy_findings is
'Raises what was found: errors as one exception that names every fault, doublets as a warning or, when they are to be
refused, as an error. For our functions only.';
revoke all on function private.raise_proxy_findings from public, anon, authenticated, service_role;
