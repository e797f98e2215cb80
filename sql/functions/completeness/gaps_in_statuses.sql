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
    with balance as (
        select entry.mentor_id, moved.status, sum(moved.sign) as surplus
        from public.mentor_status_changes as entry
        cross join lateral (
            values (entry.new_status, 1), (entry.old_status, -1)
        ) as moved (status, sign)
        group by entry.mentor_id, moved.status
    ),
    chain as (
        select
            balance.mentor_id,
            max(balance.surplus) as highest,
            min(balance.surplus) as lowest,
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
            from public.mentor_status_changes as entry
        ) as ranked
        where ranked.place = 1
        group by ranked.mentor_id
    ),
    -- What they had when they were added. With a baseline the first status is of before.
    added as (
        select distinct on (entry.subject_id) entry.subject_id as mentor_id, entry.details ->> 'status' as status
        from public.administrative_changes as entry
        where entry.subject_kind = 'mentor' and entry.change_kind = 'added'
        order by entry.subject_id, entry.changed_at desc
    )
    select
        'status_differs', 'mentor_status_changes', mentor.id, mentor.status::text,
        null
    from public.peer_mentors as mentor
    left join chain on chain.mentor_id = mentor.id
    left join newest on newest.mentor_id = mentor.id
    left join added on added.mentor_id = mentor.id
    where
        case
            when chain.mentor_id is null then added.status <> mentor.status::text
            when chain.uneven = 0 then mentor.status <> all (newest.statuses)
            else
                chain.uneven <> 2
                or chain.highest <> 1
                or chain.lowest <> -1
                or chain.ends_in <> mentor.status
                or (
                    added.status <> chain.begins_in::text
                    and (select private.archived_until('mentor_status_changes')) = '-infinity'
                )
        end
    union all
    select 'entry_without_mentor', 'mentor_status_changes', chain.mentor_id, null, null
    from chain
    where
        not exists (select from public.peer_mentors as mentor where mentor.id = chain.mentor_id)
        and not exists (
            select
            from public.administrative_changes as entry
            where entry.subject_kind = 'mentor' and entry.subject_id = chain.mentor_id and entry.change_kind = 'deleted'
        )
$$;

comment on function private.gaps_in_statuses is
'Mentors whose status is not what the entries of its changes lead to. For private.find_incomplete_logs.';
revoke all on function private.gaps_in_statuses from public, anon, authenticated, service_role;
