-- Everything that can be asked of all lines at once, in this order, since each step relies on the one before:
-- what is needed is there · values can be read in one way only · keys are given once · the rules and references of the table.
create or replace function private.check_staged_lines(
    table_name text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- The columns in which people write prose. A line break elsewhere is a quote that was never closed.
    c_prose constant text[] := array['body', 'description', 'criteria', 'status_reason'];
    v_given text[];
    v_column record;
    v_rule record;
    v_key text;
begin
    select array_agg(attribute.attname::text)
    into v_given
    from pg_attribute as attribute
    where attribute.attrelid = 'pg_temp.staged_lines'::regclass and attribute.attnum > 1 and not attribute.attisdropped;

    for v_column in
        select
            loadable.*,
            case
                when loadable.type_name = 'date' then '^\d{4}-\d\d-\d\d$'
                -- Without an offset a time means another moment in each session.
                when loadable.type_name = 'timestamp with time zone'
                    then '^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?))?$'
                when loadable.type_name like 'time %' then '^\d\d:\d\d(:\d\d)?$'
                when loadable.type_name in ('integer', 'bigint', 'smallint') then '^-?\d{1,18}$'
                when loadable.type_name = 'boolean' then '^(true|false|t|f|yes|no|1|0)$'
                else ''
            end as form,
            case
                when loadable.type_name = 'date' then ': write it as 2026-11-01 or 01.11.2026'
                when loadable.type_name = 'timestamp with time zone' then ': write it as 2026-11-01T09:30:00+01:00, or a date alone'
                when loadable.type_name like 'time %' then ': write it as 08:30'
                when loadable.type_name = 'boolean' then ': write true or false'
                when loadable.type_name = 'public.mentor_status'
                    then ': write one of ' || array_to_string(enum_range(null::public.mentor_status), ', ')
                else ''
            end as advice
        from private.loadable_columns(check_staged_lines.table_name) as loadable
        where loadable.column_name = any (v_given)
    loop
        if v_column.type_name <> 'text' then
            execute format('update staged_lines set %1$I = nullif(btrim(%1$I), '''') where %1$I <> btrim(%1$I)', v_column.column_name);
        end if;
        if v_column.is_required then
            perform private.find_bad_lines(
                check_staged_lines.table_name, 'staged_lines', format('staged.%I is null', v_column.column_name),
                v_column.column_name, 'is empty, but a value is needed'
            );
        end if;
        if v_column.type_name in ('date', 'timestamp with time zone') then
            execute format(
                'update staged_lines set %1$I = substr(%1$I, 7, 4) || ''-'' || substr(%1$I, 4, 2) || ''-'' || substr(%1$I, 1, 2) '
                'where %1$I ~ ''^\d\d\.\d\d\.\d{4}$''',
                v_column.column_name
            );
        elsif v_column.type_name = 'boolean' then
            -- As a Norwegian Excel writes them.
            execute format(
                'update staged_lines set %1$I = case lower(%1$I) when ''sann'' then ''true'' when ''usann'' then ''false'' '
                'when ''ja'' then ''true'' else ''false'' end where lower(%1$I) in (''sann'', ''usann'', ''ja'', ''nei'')',
                v_column.column_name
            );
        end if;
        if v_column.type_name = 'text' then
            perform private.find_bad_lines(
                check_staged_lines.table_name, 'staged_lines', format('staged.%I ~ ''^[+-]?\d[.,]\d+E[+]\d+$''', v_column.column_name),
                v_column.column_name, 'is a number that a spreadsheet has shortened: format the column as text and enter it again'
            );
            if v_column.column_name <> all (c_prose) then
                perform private.find_bad_lines(
                    check_staged_lines.table_name, 'staged_lines', format('staged.%I ~ E''[\n\r]''', v_column.column_name),
                    v_column.column_name, 'holds a line break: is a quote opened and never closed?'
                );
            end if;
        else
            perform private.find_bad_lines(
                check_staged_lines.table_name, 'staged_lines',
                format(
                    'staged.%1$I is not null and (staged.%1$I !~* %2$L or not private.can_cast(staged.%1$I, %3$L))',
                    v_column.column_name, v_column.form, v_column.type_name
                ),
                v_column.column_name, format('is not a valid %s%s', replace(v_column.type_name, 'public.', ''), v_column.advice)
            );
        end if;
    end loop;
    perform private.drop_bad_lines(check_staged_lines.table_name, 'staged_lines');

    select string_agg(format('staged.%I::%s', loadable.column_name, loadable.type_name), ', ')
    into v_key
    from private.loadable_columns(check_staged_lines.table_name) as loadable
    where loadable.is_key;
    perform private.find_bad_lines(
        check_staged_lines.table_name, 'staged_lines',
        format(
            'staged.line_number in (select numbered.line_number from (select staged.line_number, '
            'row_number() over (partition by %s order by staged.line_number) as nth from staged_lines as staged) as numbered '
            'where numbered.nth > 1)',
            v_key
        ),
        (
            select string_agg(loadable.column_name, ', ')
            from private.loadable_columns(check_staged_lines.table_name) as loadable
            where loadable.is_key
        ),
        'an earlier line of the file has the same key'
    );
    perform private.drop_bad_lines(check_staged_lines.table_name, 'staged_lines');

    -- An empty field takes the column's default where it has one and may not be null.
    execute format(
        'create temp table typed_lines on commit drop as select line_number, false as is_new, %s from staged_lines',
        (
            select string_agg(
                format(
                    case
                        when loadable.default_expression is null or (given.name is not null and not attribute.attnotnull) then '%1$s as %3$I'
                        else 'coalesce(%1$s, %2$s) as %3$I'
                    end,
                    case
                        when given.name is null then format('null::%s', loadable.type_name)
                        else format('%I::%s', loadable.column_name, loadable.type_name)
                    end,
                    loadable.default_expression, loadable.column_name
                ), ', ' order by attribute.attnum
            )
            from private.loadable_columns(check_staged_lines.table_name) as loadable
            inner join pg_attribute as attribute
                on attribute.attrelid = format('public.%I', check_staged_lines.table_name)::regclass
                and attribute.attname = loadable.column_name
            left join unnest(v_given) as given (name) on given.name = loadable.column_name
        )
    );
    create unique index on typed_lines (line_number);
    analyze typed_lines;

    for v_rule in
        select
            rule.conname,
            rule.contype,
            pg_get_expr(rule.conbin, rule.conrelid) as expression,
            rule.confrelid::regclass as parent,
            private.named_columns(rule.oid, v_given) as columns,
            (
                select string_agg(
                    format('parent.%I = staged.%I', theirs.attname, ours.attname), ' and '
                )
                from unnest(rule.conkey, rule.confkey) as pair (ours, theirs)
                inner join pg_attribute as ours on ours.attrelid = rule.conrelid and ours.attnum = pair.ours
                inner join pg_attribute as theirs on theirs.attrelid = rule.confrelid and theirs.attnum = pair.theirs
            ) as same_key,
            (
                select string_agg(format('staged.%I is not null', ours.attname), ' and ')
                from unnest(rule.conkey) as number
                inner join pg_attribute as ours on ours.attrelid = rule.conrelid and ours.attnum = number
            ) as is_filled
        from pg_constraint as rule
        where
            rule.conrelid = format('public.%I', check_staged_lines.table_name)::regclass
            and rule.contype in ('c', 'f')
            -- A row may refer to one of the same file; the insert sees to that.
            and rule.confrelid <> rule.conrelid
        order by rule.conname
    loop
        perform private.find_bad_lines(
            check_staged_lines.table_name, 'typed_lines',
            case v_rule.contype
                when 'c' then format('not (%s)', v_rule.expression)
                else format(
                    '%s and not exists (select from %s as parent where %s)', v_rule.is_filled, v_rule.parent, v_rule.same_key
                )
            end,
            v_rule.columns,
            case v_rule.contype
                when 'c' then 'breaks the rule: ' || replace(v_rule.conname, '_', ' ')
                else format('refers to a row of %s that is not there or was refused', replace(v_rule.parent::text, 'public.', ''))
            end
        );
    end loop;
    perform private.drop_bad_lines(check_staged_lines.table_name, 'typed_lines');
end
$$;

comment on function private.check_staged_lines is
'Checks all staged lines of a file, moves the bad ones to load_findings and the others, typed, to typed_lines. For peerledger load only.';
revoke all on function private.check_staged_lines from public, anon, authenticated, service_role;
