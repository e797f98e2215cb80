-- What became of a certificate: the expiry of a mentor follows from it, and so whether the website lists them.
create or replace function private.tg_certifications__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
-- Old rows meet new ones by hashes or in order, also in a plan that is kept from a statement of one row.
set enable_nestloop = off
as $$
begin
    if tg_op = 'INSERT' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'certification',
            new_rows.id,
            -- What a mentor gets first is issued, what is added to that renews it.
            case
                when exists (
                    select
                    from public.certifications as earlier
                    where
                        earlier.mentor_id = new_rows.mentor_id
                        and earlier.id not in (select added.id from new_rows as added)
                ) then 'renewed'
                else 'issued'
            end,
            jsonb_build_object(
                'mentor_id', new_rows.mentor_id, 'issued_on', new_rows.issued_on, 'expires_on', new_rows.expires_on
            )
        )
        from new_rows;
    elsif tg_op = 'UPDATE' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'certification',
            new_rows.id,
            case
                when old_rows.voided_at is null and new_rows.voided_at is not null then 'voided'
                when old_rows.voided_at is not null and new_rows.voided_at is null then 'restored'
                else 'changed'
            end,
            jsonb_strip_nulls(jsonb_build_object(
                'mentor_id', new_rows.mentor_id,
                'issued_on', new_rows.issued_on,
                'expires_on', new_rows.expires_on,
                'old_mentor_id', nullif(old_rows.mentor_id, new_rows.mentor_id),
                'old_issued_on', nullif(old_rows.issued_on, new_rows.issued_on),
                'old_expires_on', nullif(old_rows.expires_on, new_rows.expires_on)
            ))
        )
        from new_rows
        inner join old_rows on old_rows.id = new_rows.id
        where
            (old_rows.organisation_id, old_rows.mentor_id, old_rows.issued_on, old_rows.expires_on, old_rows.voided_at)
            is distinct from
            (new_rows.organisation_id, new_rows.mentor_id, new_rows.issued_on, new_rows.expires_on, new_rows.voided_at);
    else
        perform private.record_administrative_change(
            old_rows.organisation_id,
            'certification',
            old_rows.id,
            'deleted',
            jsonb_build_object(
                'mentor_id', old_rows.mentor_id, 'issued_on', old_rows.issued_on, 'expires_on', old_rows.expires_on
            )
        )
        from old_rows;
    end if;
    return null;
end
$$;

comment on function private.tg_certifications__record_changes is
'Trigger function of certifications: an entry in administrative_changes for each certificate issued, renewed, voided, restored, changed or deleted.';
revoke all on function private.tg_certifications__record_changes from public, anon, authenticated, service_role;
