-- A month's leaves as the mapping and the tiles have them, and whether an entry is still here or was erased.
-- public.the_log stands for the table of the log.
select
    sealed.entry_id::text,
    sealed.entry_time::text,
    substring(tile.hashes from mod(sealed.leaf_index, 256)::int * 32 + 1 for 32),
    sealed.leaf_index,
    erased.leaf_index is not null,
    exists (select from public.the_log as entry where entry.id = sealed.entry_id)
from private.sealed_entries as sealed
inner join private.seal_codes as code on code.log_code = sealed.log_code
left join private.seal_tiles as tile on tile.level = 0 and tile.tile = sealed.leaf_index / 256
left join private.seal_erased() as erased on erased.leaf_index = sealed.leaf_index
where
    code.log_name = %(log)s
    and sealed.entry_time >= %(month)s::date::timestamp at time zone 'utc'
    and sealed.entry_time < (%(month)s::date + interval '1 month')::timestamp at time zone 'utc'
order by sealed.leaf_index;
