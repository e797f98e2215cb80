-- Times of one transaction tie, so the order of a mentor's changes is not always known. Known is: each status was left as often
-- as it was entered, but for the one that the mentor had first and the one they have now.
create or replace function private.gaps_in_statuses()
returns table (
    "check" text,
    log_name text,
    subject_id uuid,
    detail text,
    hole text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with state as materialized (
        select
            private.archived_until('mentor_status_changes') as entries_from,
            private.archived_until('administrative_changes') as decisions_from,
            (select began.began_at from private.completeness_began() as began) as began_at
    ),
    decided as (
        select
            entry.subject_id as mentor_id,
            max(entry.changed_at) filter (where entry.change_kind = 'deleted') as deleted_at,
            max(entry.changed_at) filter (where entry.change_kind = 'added') as added_at,
            -- With a baseline the first status is of before.
            (array_agg(entry.details ->> 'status' order by entry.changed_at desc) filter (where entry.change_kind = 'added'))[1]
            as added_with
        from public.administrative_changes as entry
        where entry.subject_kind = 'mentor'
        group by entry.subject_id
    ),
    -- Whoever was deleted and is added again begins anew.
    change as (
        select entry.*
        from public.mentor_status_changes as entry
        left join decided on decided.mentor_id = entry.mentor_id
        where entry.changed_at > coalesce(decided.deleted_at, '-infinity')
    ),
    balance as (
        select entry.mentor_id, moved.status, sum(moved.sign) as surplus, max(entry.changed_at) as last_at
        from change as entry
        cross join lateral (
            values (entry.new_status, 1), (entry.old_status, -1)
        ) as moved (status, sign)
        group by entry.mentor_id, moved.status
    ),
    chain as (
        select
            balance.mentor_id,
            max(balance.last_at) as last_at,
            max(balance.surplus) as highest,
            count(*) filter (where balance.surplus <> 0) as uneven,
            (array_agg(balance.status) filter (where balance.surplus = 1))[1] as ends_in,
            (array_agg(balance.status) filter (where balance.surplus = -1))[1] as begins_in
        from balance
        group by balance.mentor_id
    ),
    newest as (
        select ranked.mentor_id, array_agg(ranked.new_status) as statuses
        from (
            select entry.*, rank() over (partition by entry.mentor_id order by entry.changed_at desc) as place
            from change as entry
        ) as ranked
        where ranked.place = 1
        group by ranked.mentor_id
    )
    select
        'status_differs', 'mentor_status_changes', mentor.id, mentor.status::text,
        null
    from public.peer_mentors as mentor
    cross join state
    left join chain on chain.mentor_id = mentor.id
    left join newest on newest.mentor_id = mentor.id
    -- Only as far as all changes since then are there.
    left join decided on decided.mentor_id = mentor.id and decided.added_at >= state.entries_from
    where
        case
            when chain.mentor_id is null then decided.added_with <> mentor.status::text
            when chain.uneven = 0
                then mentor.status <> all (newest.statuses) or decided.added_with <> mentor.status::text
            else
                -- The surpluses add up to zero: of two, one is entered and the other left.
                chain.uneven <> 2
                or chain.highest <> 1
                or chain.ends_in <> mentor.status
                or decided.added_with <> chain.begins_in::text
        end
    union all
    select
        'entry_without_mentor', 'mentor_status_changes', chain.mentor_id, null,
        case
            when chain.last_at < state.decisions_from then 'archived'
            when chain.last_at < state.began_at then 'older than the log'
        end
    from chain
    cross join state
    where not exists (select from public.peer_mentors as mentor where mentor.id = chain.mentor_id)
$$;

comment on function private.gaps_in_statuses is
'Mentors whose status is not what the entries of its changes lead to, and entries of mentors that are gone; hole: why that is lawful. For
private.find_incomplete_logs.';
revoke all on function private.gaps_in_statuses from public, anon, authenticated, service_role;
