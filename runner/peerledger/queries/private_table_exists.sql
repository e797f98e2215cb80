-- Is there a table of this name in private? Not to_regclass: that fails for a role that may not look into the schema.
select exists (
    select from pg_catalog.pg_class as class
    where
        class.relname = %(name)s
        and class.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'private')
);
