-- Refuses a database that is not at the version that this script begins from.
do $$
begin
    if
        not exists (select from private.sql_files where path = %(path)s)
        or exists (select from private.sql_files where path = any (%(newer)s))
    then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = 'This database is not at %(version)s; nothing was changed.',
            hint = 'private.sql_files lists the migrations that it has.';
    end if;
end
$$;
