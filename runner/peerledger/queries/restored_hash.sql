-- The hash of a month's rows in the_schema.the_log, which stands for the table, by the_time, which stands for its
-- column: the archived one, if they are what was archived.
select
    encode(
        sha256(
            coalesce(
                string_agg(sha256(convert_to(to_jsonb(entry)::text, 'UTF8')), '' order by entry.the_time, entry.id), ''
            )
        ),
        'hex'
    )
from the_schema.the_log as entry
where
    entry.the_time >= %(month)s::timestamptz
    and entry.the_time < %(month)s::timestamptz + interval '1 month';
