-- How many leaves of that range stand for entries that were lawfully archived, a log each?
select code.log_name, count(*)
from private.seal_archived() as archived
inner join private.seal_codes as code on code.log_code = archived.log_code
inner join private.sealed_entries as sealed
    on
        sealed.log_code = archived.log_code
        and sealed.entry_time >= archived.from_time and sealed.entry_time < archived.past_time
where archived.is_lawful and sealed.leaf_index >= %(first)s and sealed.leaf_index < %(past)s
group by code.log_name
order by code.log_name;
