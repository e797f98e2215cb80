-- Has this database all that private.mark_guards needs? In the middle of an upgrade it may not.
select
    to_regprocedure('private.mark_guards(text)') is not null
    and pg_catalog.has_table_privilege('peerledger_owner', to_regclass('private.sql_files'), 'select')
    and exists (
        select from pg_catalog.pg_attribute
        where attrelid = to_regclass('private.log_guard_marks') and attname = 'parts'
    );
