begin;
select plan(4);
select tests.make_organisation(name) from unnest(array['north', 'south', 'quiet']) as name;
insert into public.organisation_settings (organisation_id, website_sync_enabled) values (tests.id('organisation', 'south'), false);
select tests.make_listed_mentor(state || ' ' || number, 'north')
from (values ('pending', 1), ('in_progress', 2), ('overdue', 3), ('synced', 4), ('dead_lettered', 5)) as kind (state, mentors)
cross join lateral generate_series(1, kind.mentors) as number;
update public.hlf_sync_state as sync
set
    state = case kind.name when 'overdue' then 'in_progress' else kind.name end,
    leased_by = case when kind.name in ('in_progress', 'overdue') then 'w' end,
    lease_expires_at = case kind.name
        when 'in_progress' then clock_timestamp() + interval '1 minute' when 'overdue' then clock_timestamp() - interval '1 minute'
        -- Left from before; who is not in progress is not late.
        when 'synced' then clock_timestamp() - interval '1 minute'
    end
from (
    select mentor.id, split_part(mentor.display_name, ' ', 1) as name from public.peer_mentors as mentor
) as kind
where kind.id = sync.mentor_id;
insert into public.hlf_removals (organisation_id, mentor_id, wanted_at, confirmed_at, cancelled_at)
select tests.id('organisation', 'north'), tests.id('mentor', mentor), wanted_at, confirmed_at, cancelled_at
from (
    values
    ('synced 1', timestamptz '2026-01-01 12:00Z', timestamptz '2026-01-01 12:01Z', null::timestamptz),
    ('synced 2', '2026-01-02 12:00Z', null, '2026-01-02 12:01Z'),
    ('synced 3', '2026-01-04 12:00Z', null, null), ('synced 4', '2026-01-03 12:00Z', null, null)
) as removal (mentor, wanted_at, confirmed_at, cancelled_at);
insert into public.hlf_sync_pauses (organisation_id, reason, paused_at, next_probe_at)
values
(tests.id('organisation', 'north'), 'outage', '2026-01-05 12:00Z', '2026-01-05 12:01Z'),
(tests.id('organisation', 'north'), 'credentials_refused', '2026-01-06 12:00Z', null);
create temporary view summed_up as
select organisation.slug, to_jsonb(summary) - 'organisation_id' as summary
from public.get_hlf_sync_state_summary() with ordinality as summary (
    organisation_id, is_enabled, pending, in_progress, synced, dead_lettered, overdue_leases, open_removals, oldest_open_removal_at,
    paused_since, pause_reasons, total_count, position
)
inner join public.organisations as organisation on organisation.id = summary.organisation_id;
select is(
    summary - array['oldest_open_removal_at', 'paused_since', 'position'],
    '{"is_enabled": true, "pending": 1, "in_progress": 5, "synced": 4, "dead_lettered": 5, "overdue_leases": 3, "open_removals": 2,
    "pause_reasons": ["credentials_refused", "outage"], "total_count": 3}', 'each state, and why nothing is sent'
)
from summed_up where slug = 'north';
select is(
    array[(summary ->> 'oldest_open_removal_at')::timestamptz, (summary ->> 'paused_since')::timestamptz],
    array['2026-01-03 12:00Z', '2026-01-05 12:00Z']::timestamptz[], 'since when, by what is oldest'
)
from summed_up where slug = 'north';
select results_eq(
    $$ select slug, summary - 'position' from summed_up where slug <> 'north' order by slug $$,
    $$
    select slug, jsonb_build_object(
        'is_enabled', slug = 'quiet', 'pending', 0, 'in_progress', 0, 'synced', 0, 'dead_lettered', 0, 'overdue_leases', 0,
        'open_removals', 0, 'oldest_open_removal_at', null, 'paused_since', null, 'pause_reasons', null, 'total_count', 3
    )
    from unnest(array['quiet', 'south']) as slug
    $$,
    'nothing is zero'
);
select results_eq(
    'select organisation_id from public.get_hlf_sync_state_summary()', 'select id from public.organisations order by id', 'in the order of their ids'
);
select * from finish();
rollback;
