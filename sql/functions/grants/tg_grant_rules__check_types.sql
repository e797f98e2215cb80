-- An activity of a day is of one category. Two sessions that add a rule of one organisation at once wait for each other.
create or replace function private.tg_grant_rules__check_types()
returns trigger
language plpgsql
volatile
security definer -- reads every rule of the organisation
set search_path = pg_catalog, pg_temp
as $$
declare
    v_clash record;
begin
    perform pg_advisory_xact_lock(hashtextextended('peerledger grant_rules ' || coalesce(organisation.id::text, ''), 0))
    from (select distinct new_rows.organisation_id as id from new_rows order by 1) as organisation;

    select new_rows.category, other.category as other_category, other.id as other_id
    into v_clash
    from new_rows
    inner join public.grant_rules as other
        on
            other.id <> new_rows.id
            and other.organisation_id is not distinct from new_rows.organisation_id
            and other.activity_types && new_rows.activity_types
            and daterange(other.valid_from, other.valid_to, '[]') && daterange(new_rows.valid_from, new_rows.valid_to, '[]')
    order by new_rows.id, other.id
    limit 1;
    if found then
        raise exception using
            errcode = '22023',
            message = format('The rule for %s has a type of activity in common with one for %s.', v_clash.category, v_clash.other_category),
            detail = 'activity_types',
            hint = format('A type counts by one rule at a time. End rule %s first, or leave the type out.', v_clash.other_id);
    end if;
    return null;
end
$$;

comment on function private.tg_grant_rules__check_types is
'Trigger function of grant_rules: refuses two rules of an organisation for the same type of activity on the same day. Error: 22023.';
revoke all on function private.tg_grant_rules__check_types from public, anon, authenticated, service_role;
