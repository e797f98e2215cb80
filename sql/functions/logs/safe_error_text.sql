-- A log never holds a raw error message: those quote names, addresses and file paths.
create or replace function private.safe_error_text(
    error_code text
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        (
            select known.sentence
            from (
                values
                ('40001', 'Another transaction changed the same rows at the same moment.'),
                ('40P01', 'Another transaction waited for the same rows in another order.'),
                ('42501', 'The database role lacks a permission.'),
                ('55P03', 'A lock was not free in time.'),
                ('57014', 'The statement ran longer than it may, or was cancelled.'),
                ('22', 'A value could not be used.'),
                ('23', 'A constraint of the database was violated.'),
                ('25', 'The transaction was in a state that does not allow this.'),
                ('42', 'A database object is missing or has changed.'),
                ('53', 'The database ran short of a resource.'),
                ('54', 'A limit of the database was exceeded.'),
                ('57', 'The database was interrupted.'),
                ('58', 'The database met a system error.'),
                ('XX', 'The database met an internal error.')
            ) as known (code, sentence)
            where safe_error_text.error_code like known.code || '%'
            order by length(known.code) desc
            limit 1
        ),
        'Something unexpected failed.'
    ) || format(' (%s)', coalesce(substring(safe_error_text.error_code from '^[0-9A-Z]{5}$'), 'unknown'))
$$;

comment on function private.safe_error_text is
'The sentence of the safe-text catalogue for a SQLSTATE: all that a log may say of an error. For our functions only.';
revoke all on function private.safe_error_text from public, anon, authenticated, service_role;
