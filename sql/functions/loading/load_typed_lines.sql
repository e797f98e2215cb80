-- New rows are inserted; those that are there already are compared, column by column, and with take_differences changed
-- to what the file says, through the same rules and logs as a coordinator's change.
create or replace function private.load_typed_lines(
    table_name text,
    take_differences boolean,
    out inserted bigint,
    out present bigint,
    out different bigint,
    out updated bigint
)
returns record
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text;
    v_key text;
    v_same_key text;
    v_differs text;
    v_changes text;
    v_line record;
begin
    select
        string_agg(format('%I', loadable.column_name), ', '),
        string_agg(format('%I', loadable.column_name), ', ') filter (where loadable.is_key),
        string_agg(format('existing.%1$I = typed.%1$I', loadable.column_name), ' and ') filter (where loadable.is_key),
        -- An empty field of a column that may not be null stands for its default, and says nothing of what is there.
        string_agg(
            format(
                '(%1$L, existing.%1$I is distinct from typed.%1$I and (raw.%1$I is not null or %2$L))',
                loadable.column_name, not attribute.attnotnull
            ), ', '
        ) filter (where given.attname is not null and not loadable.is_key),
        string_agg(
            format(
                '%1$I = case when raw.%1$I is not null or %2$L then typed.%1$I else existing.%1$I end',
                loadable.column_name, not attribute.attnotnull
            ), ', '
        ) filter (
            where given.attname is not null and not loadable.is_key
            -- Statuses have their own rules, below.
            and (load_typed_lines.table_name, loadable.column_name) <> ('peer_mentors', 'status')
        )
    into v_names, v_key, v_same_key, v_differs, v_changes
    from private.loadable_columns(load_typed_lines.table_name) as loadable
    inner join pg_attribute as attribute
        on attribute.attrelid = format('public.%I', load_typed_lines.table_name)::regclass
        and attribute.attname = loadable.column_name
    left join pg_attribute as given
        on given.attrelid = 'pg_temp.staged_lines'::regclass and given.attname = loadable.column_name;

    perform private.apply_typed_lines(
        load_typed_lines.table_name,
        format(
            'with added as (insert into public.%1$I (%2$s) select %2$s from typed_lines '
            'where line_number between $1 and $2 order by line_number on conflict (%3$s) do nothing returning %3$s) '
            'update typed_lines as typed set is_new = true from added as existing where %4$s',
            load_typed_lines.table_name, v_names, v_key, v_same_key
        )
    );

    if load_typed_lines.table_name not in ('organisations', 'organisation_settings') then
        perform private.find_bad_lines(
            load_typed_lines.table_name, 'typed_lines',
            format(
                'not staged.is_new and exists (select from public.%I as existing where %s '
                'and existing.organisation_id <> staged.organisation_id)',
                load_typed_lines.table_name, replace(v_same_key, 'typed.', 'staged.')
            ),
            (select string_agg(loadable.column_name, ', ')
            from private.loadable_columns(load_typed_lines.table_name) as loadable where loadable.is_key),
            'is the id of a row of another organisation'
        );
        perform private.drop_bad_lines(load_typed_lines.table_name, 'typed_lines');
    end if;

    if v_differs is not null then
        execute format(
            'insert into load_findings (table_name, line_number, column_name, kind, reason) '
            'select %1$L, typed.line_number, difference.name, ''different'', ''differs from what is there'' '
            'from typed_lines as typed '
            'inner join staged_lines as raw on raw.line_number = typed.line_number '
            'inner join public.%2$I as existing on %3$s '
            'cross join lateral (values %4$s) as difference (name, is_there) '
            'where not typed.is_new and difference.is_there',
            load_typed_lines.table_name, load_typed_lines.table_name, v_same_key, v_differs
        );
    end if;

    if load_typed_lines.take_differences then
        create temp table changed_lines on commit drop as
        select distinct finding.line_number
        from load_findings as finding
        where finding.table_name = load_typed_lines.table_name and finding.kind = 'different';
        if v_changes is not null then
            perform private.apply_typed_lines(
                load_typed_lines.table_name,
                format(
                    'update public.%1$I as existing set %2$s from typed_lines as typed '
                    'inner join staged_lines as raw on raw.line_number = typed.line_number '
                    'where typed.line_number between $1 and $2 and %3$s '
                    'and typed.line_number in (select changed.line_number from changed_lines as changed)',
                    load_typed_lines.table_name, v_changes, v_same_key
                )
            );
        end if;
        for v_line in
            select finding.line_number, finding.column_name
            from load_findings as finding
            where
                finding.table_name = load_typed_lines.table_name
                and finding.kind = 'different'
                and (finding.table_name, finding.column_name) in (('peer_mentors', 'status'), ('certifications', 'expires_on'))
            order by finding.line_number
        loop
            begin
                perform private.take_line(load_typed_lines.table_name, v_line.line_number);
            exception
                when sqlstate 'PL002' or sqlstate 'PL003' then
                    insert into load_findings (table_name, line_number, column_name, kind, reason)
                    values (load_typed_lines.table_name, v_line.line_number, v_line.column_name, 'rejected', sqlerrm);
            end;
        end loop;
        update load_findings as finding
        set
            kind = 'updated',
            reason = 'was changed to what the file says'
        where
            finding.table_name = load_typed_lines.table_name
            and finding.kind = 'different'
            and not exists (
                select
                from load_findings as refused
                where
                    refused.table_name = finding.table_name
                    and refused.line_number = finding.line_number
                    and refused.kind = 'rejected'
            );
        drop table changed_lines;
    end if;
    -- A line is counted once: rejected before anything else.
    delete from load_findings as finding
    where
        finding.table_name = load_typed_lines.table_name
        and finding.kind = 'different'
        and exists (
            select
            from load_findings as refused
            where
                refused.table_name = finding.table_name
                and refused.line_number = finding.line_number
                and refused.kind = 'rejected'
        );

    select
        count(*) filter (where typed.is_new),
        count(*) filter (where not typed.is_new and found.kind is null),
        count(*) filter (where found.kind = 'different'),
        count(*) filter (where found.kind = 'updated')
    into load_typed_lines.inserted, load_typed_lines.present, load_typed_lines.different, load_typed_lines.updated
    from typed_lines as typed
    left join (
        select finding.line_number, min(finding.kind) as kind
        from load_findings as finding
        where finding.table_name = load_typed_lines.table_name
        group by finding.line_number
    ) as found on found.line_number = typed.line_number;
end
$$;

comment on function private.load_typed_lines is
'Inserts what is new of the typed lines, compares what is there, and takes the differences if asked; counts lines. For peerledger load only.';
revoke all on function private.load_typed_lines from public, anon, authenticated, service_role;
