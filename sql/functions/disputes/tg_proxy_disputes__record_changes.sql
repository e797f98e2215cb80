-- One entry for each step. A dispute goes over to another mentor when two are merged, and goes when its activity is deleted.
create or replace function private.tg_proxy_disputes__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'dispute',
            new_rows.activity_id,
            'opened',
            jsonb_build_object(
                'dispute_id', new_rows.id, 'mentor_id', new_rows.mentor_id, 'reason_code', new_rows.reason_code
            )
        )
        from new_rows;
    elsif tg_op = 'UPDATE' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'dispute',
            new_rows.activity_id,
            case
                when old_rows.outcome is null and new_rows.outcome is not null then 'settled'
                when old_rows.outcome is not null and new_rows.outcome is null then 'reopened'
                else 'changed'
            end,
            jsonb_strip_nulls(jsonb_build_object(
                'dispute_id', new_rows.id,
                'mentor_id', new_rows.mentor_id,
                'reason_code', new_rows.reason_code,
                'outcome', new_rows.outcome,
                'old_mentor_id', nullif(old_rows.mentor_id, new_rows.mentor_id),
                'old_reason_code', nullif(old_rows.reason_code, new_rows.reason_code),
                'old_outcome', nullif(old_rows.outcome, new_rows.outcome)
            ))
        )
        from new_rows
        inner join old_rows on old_rows.id = new_rows.id
        where row(new_rows.*) is distinct from row(old_rows.*);
    else
        perform private.record_administrative_change(
            old_rows.organisation_id,
            'dispute',
            old_rows.activity_id,
            'deleted',
            jsonb_strip_nulls(jsonb_build_object(
                'dispute_id', old_rows.id,
                'mentor_id', old_rows.mentor_id,
                'reason_code', old_rows.reason_code,
                'outcome', old_rows.outcome
            ))
        )
        from old_rows;
    end if;
    return null;
end
$$;

comment on function private.tg_proxy_disputes__record_changes is
'Trigger function of proxy_disputes: an entry in administrative_changes for each dispute opened, settled, changed, reopened or deleted.';
revoke all on function private.tg_proxy_disputes__record_changes from public, anon, authenticated, service_role;
