-- Whoever should be off and is seen listed, or gone. A listing that was read says what was so at some time since it began: so of a
-- removal that was wanted later it says nothing; who is listed in it was so at its beginning at least, and who is not, by now.
create or replace function private.record_hlf_sightings(
    observed jsonb,
    organisation_ids uuid[],
    observed_from timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- Everything is compared with everything. Statistics that call a table empty would have one read for each row of the other.
set enable_nestloop = off
as $$
begin
    with shown as materialized (
        select
            (item.body ->> 'dynamics_contact_id')::uuid as contact_id,
            bool_or((item.body ->> 'listed')::boolean) as is_listed
        from jsonb_array_elements(record_hlf_sightings.observed) as item (body)
        group by (item.body ->> 'dynamics_contact_id')::uuid
    ),
    looked_at as (
        select
            removal.id,
            mentor.status = 'active' as is_wanted_again,
            coalesce(shown.is_listed, false) as is_listed
        from public.hlf_removals as removal
        inner join public.peer_mentors as mentor on mentor.id = removal.mentor_id
        left join shown on shown.contact_id = mentor.dynamics_contact_id
        where
            removal.is_watched
            and removal.seen_gone_at is null
            and removal.cancelled_at is null
            and removal.wanted_at <= record_hlf_sightings.observed_from
            and mentor.dynamics_contact_id is not null
            and (
                record_hlf_sightings.organisation_ids is null
                or mentor.organisation_id = any (record_hlf_sightings.organisation_ids)
            )
            and mentor.organisation_id not in (select private.organisations_without_website_sync())
            -- A contact that another active mentor has is listed for that one.
            and not exists (
                select
                from public.peer_mentors as other
                where
                    other.dynamics_contact_id = mentor.dynamics_contact_id and other.id <> mentor.id and other.status = 'active'
            )
        order by removal.id
        for update of removal
    )
    update public.hlf_removals as removal
    set
        is_watched = not looked_at.is_wanted_again,
        seen_listed_at = case
            when looked_at.is_listed and not looked_at.is_wanted_again
                then greatest(removal.seen_listed_at, record_hlf_sightings.observed_from)
            else removal.seen_listed_at
        end,
        seen_gone_at = case when not looked_at.is_listed and not looked_at.is_wanted_again then clock_timestamp() end
    from looked_at
    where removal.id = looked_at.id;
end
$$;

comment on function private.record_hlf_sightings is
'Records of each removal that is watched whether the website still lists the mentor. For public.reconcile_hlf_sync only.';
revoke all on function private.record_hlf_sightings from public, anon, authenticated, service_role;
