-- What `migrate` does with files that are no longer there: policies go from their tables, functions with their triggers.
do $$
declare
    v_file record;
    v_trigger record;
    v_routines text;
begin
    for v_file in
        select class.oid::regclass as target
        from private.sql_files as file
        inner join pg_catalog.pg_class as class
            on
                class.relname = substring(file.path from '([^/]+?)[.]sql([.]j2)?$')
                and class.relkind in ('r', 'p')
        where
            file.path like 'sql/policies/%%'
            and class.relnamespace in (to_regnamespace('public'), to_regnamespace('private'))
            and class.relname <> all (%(policies)s)
    loop
        call private.close_table(v_file.target);
    end loop;

    create temporary table vanished on commit drop as
    select routine.oid
    from private.sql_files as file
    inner join pg_catalog.pg_proc as routine
        on routine.proname = substring(file.path from '([^/]+?)[.]sql([.]j2)?$')
    where
        file.path like 'sql/functions/%%'
        and routine.pronamespace in (to_regnamespace('public'), to_regnamespace('private'))
        and pg_catalog.pg_get_userbyid(routine.proowner) = 'peerledger_owner'
        and routine.proname <> all (%(functions)s);
    for v_trigger in
        select trigger.tgname, trigger.tgrelid::regclass as target
        from pg_catalog.pg_trigger as trigger
        where
            trigger.tgfoid in (select vanished.oid from vanished)
            and not trigger.tgisinternal
            and trigger.tgparentid = 0
    loop
        execute format('drop trigger %%I on %%s', v_trigger.tgname, v_trigger.target);
    end loop;
    -- In one statement: some depend on each other.
    v_routines := (select string_agg(vanished.oid::regprocedure::text, ', ') from vanished);
    if v_routines is not null then
        execute 'drop routine ' || v_routines;
    end if;
end
$$;
