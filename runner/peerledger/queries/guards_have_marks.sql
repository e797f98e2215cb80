-- Has this database the marks of its guards as this version keeps them?
select exists (
    select from pg_catalog.pg_attribute
    where attrelid = to_regclass('private.log_guard_marks') and attname = 'parts'
);
