-- All lines at once. When that fails, in halves, until the bad lines stand alone: a rule that only a trigger knows costs
-- no more than a few repetitions for each line that breaks it.
create or replace function private.apply_typed_lines(
    table_name text,
    statement text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_given text[];
    v_ranges bigint[][];
    v_first bigint;
    v_last bigint;
    v_middle bigint;
    v_sqlstate text;
    v_constraint text;
    v_column text;
    v_message text;
    v_detail text;
begin
    select array_agg(attribute.attname::text)
    into v_given
    from pg_attribute as attribute
    where attribute.attrelid = 'pg_temp.staged_lines'::regclass and attribute.attnum > 1 and not attribute.attisdropped;

    select case when count(*) > 0 then array[array[min(line_number), max(line_number)]] end
    into v_ranges
    from typed_lines;
    while cardinality(v_ranges) > 0 loop
        v_first := v_ranges[1][1];
        v_last := v_ranges[1][2];
        v_ranges := v_ranges[2:];
        begin
            execute apply_typed_lines.statement using v_first, v_last;
        exception
            when others then
                get stacked diagnostics
                    v_sqlstate = returned_sqlstate, v_constraint = constraint_name, v_column = column_name,
                    v_message = message_text, v_detail = pg_exception_detail;
                -- What is wrong with no line in particular ends the load.
                if v_sqlstate ~ '^(08|25|40|53|55|57|58|XX)' or v_sqlstate in ('42501', '42P01', '42883') then
                    raise;
                end if;
                select max(line_number) filter (where position <= (total + 1) / 2)
                into v_middle
                from (
                    select line_number, row_number() over (order by line_number) as position, count(*) over () as total
                    from typed_lines
                    where line_number between v_first and v_last
                ) as numbered
                having count(*) > 1;
                if v_middle is not null then
                    v_ranges := array[array[v_first, v_middle], array[v_middle + 1, v_last]] || v_ranges;
                    continue;
                end if;
                insert into load_findings (table_name, line_number, column_name, kind, reason)
                select
                    apply_typed_lines.table_name,
                    typed_lines.line_number,
                    coalesce(rule.columns, nullif(v_column, ''), case when v_detail = any (v_given) then v_detail end,
                        case when v_sqlstate = 'PL001' then 'criteria' end, ''),
                    'rejected',
                    case
                        -- Our own errors are written for people; other messages may quote values, and values are personal.
                        when v_sqlstate ~ '^(PL|PT)' or (v_sqlstate = '22023' and v_detail = any (v_given))
                            then concat(
                                regexp_replace(v_message, '\s+', ' ', 'g'),
                                case when v_sqlstate = 'PL001' then ' (' || v_detail || ')' end
                            )
                        when rule.contype in ('p', 'u') and rule.conname not like 'one\_%'
                            then format('another row has the same %s', rule.columns)
                        when rule.contype = 'f'
                            then format('refers to a row of %s that is not there or was refused', rule.parent)
                        when v_constraint <> '' then 'breaks the rule: ' || replace(v_constraint, '_', ' ')
                        else format('was refused by the database (%s)', v_sqlstate)
                    end
                from typed_lines
                left join lateral (
                    select
                        constrained.contype, constrained.conname,
                        replace(constrained.confrelid::regclass::text, 'public.', '') as parent,
                        private.named_columns(constrained.oid, v_given) as columns
                    from pg_constraint as constrained
                    where
                        constrained.conrelid = format('public.%I', apply_typed_lines.table_name)::regclass
                        and constrained.conname = v_constraint
                ) as rule on true
                where typed_lines.line_number between v_first and v_last;
                delete from typed_lines where line_number between v_first and v_last;
        end;
    end loop;
end
$$;

comment on function private.apply_typed_lines is
'Runs a statement over the typed lines from $1 to $2 and finds the lines that make it fail. The statement is SQL of our own. For peerledger load only.';
revoke all on function private.apply_typed_lines from public, anon, authenticated, service_role;
