create or replace function private.tg_grant_years__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.record_administrative_change(
        new_rows.organisation_id, 'grant_year', new_rows.organisation_id, 'closed',
        jsonb_build_object(
            'year', new_rows.year,
            'activities', new_rows.activities,
            'counted', new_rows.counted,
            'points', new_rows.points,
            'sha256', new_rows.sha256
        )
    )
    from new_rows;
    return null;
end
$$;

comment on function private.tg_grant_years__record_changes is
'Trigger function of grant_years: an entry in administrative_changes for each year that was closed.';
revoke all on function private.tg_grant_years__record_changes from public, anon, authenticated, service_role;
