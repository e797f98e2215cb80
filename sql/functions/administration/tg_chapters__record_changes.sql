-- Which mentors a coordinator may act for is decided by chapters. Their names are changed without a trace.
create or replace function private.tg_chapters__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        perform private.record_administrative_change(new_rows.organisation_id, 'chapter', new_rows.id, 'created', '{}')
        from new_rows;
    else
        perform private.record_administrative_change(old_rows.organisation_id, 'chapter', old_rows.id, 'deleted', '{}')
        from old_rows;
    end if;
    return null;
end
$$;

comment on function private.tg_chapters__record_changes is
'Trigger function of chapters: an entry in administrative_changes for each chapter created or deleted.';
revoke all on function private.tg_chapters__record_changes from public, anon, authenticated, service_role;
