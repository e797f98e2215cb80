-- The newest entry that says how many entries an organisation's month of a log has, among the sealed ones.
select event.id
from public.security_events as event
inner join private.sealed_entries as sealed
    on sealed.entry_id = event.id and sealed.entry_time = event.occurred_at
where
    event.event_kind = 'log_month_counted'
    and event.organisation_id = %(organisation)s
    and event.table_name = %(log)s
    and event.details ->> 'month' = %(month)s::date::text
    and sealed.leaf_index < %(size)s
order by event.occurred_at desc
limit 1;
