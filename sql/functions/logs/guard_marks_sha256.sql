create or replace function private.guard_marks_sha256()
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select encode(
        sha256(
            convert_to(
                coalesce(
                    string_agg(
                        concat_ws(' ', mark.object_name, mark.log_name, mark.parts), E'\n'
                        order by mark.object_name collate "C"
                    ),
                    ''
                ),
                'UTF8'
            )
        ),
        'hex'
    )
    from private.log_guard_marks as mark
$$;

comment on function private.guard_marks_sha256 is 'The sha256 of all marks. For our functions only.';
revoke all on function private.guard_marks_sha256 from public, anon, authenticated, service_role;
