-- Of a single activity the code of its gravest fault and bare field names; of a bulk always PL006 and
-- paths. With one fault DETAIL is exactly its path; with more, one path a line.
create or replace function private.report_proxy_findings(
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
    v_count int;
    v_code text;
    v_first text;
    v_paths text;
    v_sentences text;
begin
    select
        count(*),
        (array_agg(finding.error_code order by finding.error_code in ('42501', 'P0002') desc, finding.nth))[1],
        (array_agg(place.path || ' ' || finding.reason order by finding.nth))[1],
        string_agg(place.path, e'\n' order by finding.nth),
        string_agg(place.path || ' ' || finding.reason, e'\n' order by finding.nth)
    into v_count, v_code, v_first, v_paths, v_sentences
    from unnest(report_proxy_findings.findings) with ordinality
        as finding (entry_index, field, severity, reason, error_code, nth)
    cross join lateral (
        select case
            when report_proxy_findings.is_bulk then private.proxy_path(finding.entry_index, finding.field)
            else coalesce(finding.field, 'the activity')
        end as path
    ) as place
    where finding.severity = 'error' or report_proxy_findings.refuse_duplicates;

    if v_count > 0 then
        raise exception using
            errcode = case when report_proxy_findings.is_bulk then 'PL006' else coalesce(v_code, '22023') end,
            message = case
                when v_count = 1 then format('Nothing was saved: %s.', v_first)
                else format('Nothing was saved, for %s reasons. The first: %s.', v_count, v_first)
            end,
            detail = v_paths,
            hint = case when v_count = 1 then 'Correct it and send everything again.' else v_sentences end;
    end if;

    select count(*), string_agg(place.path, e'\n' order by finding.nth)
    into v_count, v_paths
    from unnest(report_proxy_findings.findings) with ordinality
        as finding (entry_index, field, severity, reason, error_code, nth)
    cross join lateral (
        select case
            when report_proxy_findings.is_bulk then private.proxy_path(finding.entry_index, finding.field)
            else coalesce(finding.field, 'the activity')
        end as path
    ) as place
    where finding.severity = 'warning';

    if v_count > 0 then
        raise warning using
            message = 'Registered, though it may be there twice: same mentor, day, type and duration.',
            detail = v_paths,
            hint = 'Void what is one too many. With refuse_duplicates nothing is registered then.';
    end if;
end
$$;

comment on function private.report_proxy_findings is
'Raises what was found: errors as one exception that names every fault, doublets as a warning or, when they are to be
refused, as an error. For our functions only.';
revoke all on function private.report_proxy_findings from public, anon, authenticated, service_role;
