-- Definer: compares with mentors of every organisation. What is queued is read again under lock, so that
-- an observation that has grown old costs a request too many and never a wrong state.
create or replace function public.reconcile_hlf_sync(
    observed jsonb,
    organisation_ids uuid[] default null,
    observed_from timestamptz default clock_timestamp()
)
returns table (
    contacts_observed bigint,
    in_agreement bigint,
    queued_remove bigint,
    queued_restore bigint,
    revived_dead_letters bigint,
    already_pending bigint,
    not_in_dynamics bigint,
    no_contact_id bigint,
    unknown_contacts bigint,
    by_organisation jsonb
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- Everything is compared with everything. Statistics that call a table empty would have one read for each row of the other.
set enable_nestloop = off
as $$
declare
    v_bad text;
    v_queued uuid[];
begin
    if jsonb_typeof(reconcile_hlf_sync.observed) is distinct from 'array' then
        raise exception using
            errcode = '22023',
            message = 'observed must be an array of objects.',
            detail = 'observed';
    end if;
    select format('observed[%s].%s', item.position - 1, problem.field)
    into v_bad
    from jsonb_array_elements(reconcile_hlf_sync.observed) with ordinality as item (body, position)
    cross join lateral (
        values
        ('dynamics_contact_id', private.is_uuid(item.body ->> 'dynamics_contact_id')),
        ('listed', jsonb_typeof(item.body -> 'listed') = 'boolean')
    ) as problem (field, holds)
    where not coalesce(problem.holds, false)
    order by item.position, problem.field
    limit 1;
    if found then
        raise exception using
            errcode = '22023',
            message = format('%s is missing or has the wrong type.', v_bad),
            detail = v_bad,
            hint = 'Each element is {"dynamics_contact_id": uuid, "listed": true or false}. Nothing was queued.';
    end if;

    -- A contact that is named twice counts as listed when either says so.
    with shown as materialized (
        select
            (item.body ->> 'dynamics_contact_id')::uuid as contact_id,
            bool_or((item.body ->> 'listed')::boolean) as is_listed
        from jsonb_array_elements(reconcile_hlf_sync.observed) as item (body)
        group by (item.body ->> 'dynamics_contact_id')::uuid
    ),
    -- Of two mentors with one contact, one who is active is enough, also one who is not compared here.
    kept as materialized (
        select distinct mentor.dynamics_contact_id as contact_id
        from public.peer_mentors as mentor
        where
            mentor.status = 'active'
            and mentor.organisation_id not in (select private.organisations_without_website_sync())
    ),
    compared as (
        select
            mentor.id,
            mentor.organisation_id,
            mentor.status = 'active' as is_wanted,
            sync.state = 'dead_lettered' as is_dead,
            case
                when mentor.dynamics_contact_id is null
                    then case when mentor.status = 'active' then 'no_contact_id' else 'in_agreement' end
                when shown.contact_id is null
                    then case when mentor.status = 'active' then 'not_in_dynamics' else 'in_agreement' end
                when sync.state = 'dead_lettered' then 'queue'
                when mentor.status <> 'active' and kept.contact_id is not null then 'in_agreement'
                when shown.is_listed = (mentor.status = 'active') then 'in_agreement'
                when sync.state in ('pending', 'in_progress') then 'already_pending'
                else 'queue'
            end as kind
        from public.peer_mentors as mentor
        left join shown on shown.contact_id = mentor.dynamics_contact_id
        left join kept on kept.contact_id = mentor.dynamics_contact_id
        left join public.hlf_sync_state as sync on sync.mentor_id = mentor.id
        where
            (
                reconcile_hlf_sync.organisation_ids is null
                or mentor.organisation_id = any (reconcile_hlf_sync.organisation_ids)
            )
            and mentor.organisation_id not in (select private.organisations_without_website_sync())
    )
    select
        (select count(*) from shown),
        count(*) filter (where compared.kind = 'in_agreement'),
        count(*) filter (where compared.kind = 'queue' and not compared.is_wanted),
        count(*) filter (where compared.kind = 'queue' and compared.is_wanted),
        count(*) filter (where compared.kind = 'queue' and compared.is_dead),
        count(*) filter (where compared.kind = 'already_pending'),
        count(*) filter (where compared.kind = 'not_in_dynamics'),
        count(*) filter (where compared.kind = 'no_contact_id'),
        (
            select count(*)
            from shown
            where
                shown.is_listed
                and not exists (
                    select from public.peer_mentors as mentor where mentor.dynamics_contact_id = shown.contact_id
                )
        ),
        (
            select coalesce(jsonb_object_agg(own.organisation_id, to_jsonb(own) - 'organisation_id'), '{}')
            from (
                select
                    each.organisation_id,
                    count(*) filter (where each.kind = 'in_agreement') as in_agreement,
                    count(*) filter (where each.kind = 'queue' and not each.is_wanted) as queued_remove,
                    count(*) filter (where each.kind = 'queue' and each.is_wanted) as queued_restore,
                    count(*) filter (where each.kind = 'already_pending') as already_pending,
                    count(*) filter (where each.kind = 'not_in_dynamics') as not_in_dynamics,
                    count(*) filter (where each.kind = 'no_contact_id') as no_contact_id
                from compared as each
                group by each.organisation_id
            ) as own
        ),
        array_agg(compared.id) filter (where compared.kind = 'queue')
    into
        contacts_observed, in_agreement, queued_remove, queued_restore, revived_dead_letters,
        already_pending, not_in_dynamics, no_contact_id, unknown_contacts, by_organisation, v_queued
    from compared;

    if v_queued is not null then
        perform private.queue_hlf_sync(v_queued, 'reconciliation');
    end if;
    -- After the states are locked, as whoever completes a removal does it.
    perform private.record_hlf_sightings(
        reconcile_hlf_sync.observed,
        reconcile_hlf_sync.organisation_ids,
        coalesce(reconcile_hlf_sync.observed_from, clock_timestamp())
    );

    if unknown_contacts > 0 then
        perform private.raise_alert(
            'website_lists_strangers',
            'warning',
            format(
                'The website lists %s contacts that belong to no mentor in the database. Look in the portal and take '
                'off those who should not be there.',
                unknown_contacts
            ),
            'website_lists_strangers'
        );
    end if;
    if not_in_dynamics > 0 then
        perform private.raise_alert(
            'mentors_not_in_dynamics',
            'warning',
            format('%s active mentors have a Dynamics contact id that Dynamics does not know.', not_in_dynamics),
            'mentors_not_in_dynamics'
        );
    end if;
    return next;
end
$$;

comment on function public.reconcile_hlf_sync is
'Compares the website with the desired state and queues what differs.
observed is all that the website shows, an array of {dynamics_contact_id, listed}. Of the organisations (null: all) whose
sync is on, what differs and is not on its way is queued; dead letters whose contact is there are tried again. A contact is
to be listed when any of its mentors is active. Returns one row of counts: each mentor is in agreement, queued
(revived_dead_letters is a part of these), already pending, not in Dynamics or without a contact id; unknown_contacts are
listed and belong to no mentor; observed_from is when reading the listing began, and what it shows of those who should be off is recorded; by_organisation has each organisation''s own counts. Callable by service_role. Error: 22023
with the path.';
revoke all on function public.reconcile_hlf_sync from public, anon, authenticated, service_role;
grant execute on function public.reconcile_hlf_sync to service_role;
