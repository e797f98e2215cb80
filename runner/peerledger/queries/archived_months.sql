-- The months that were lawfully archived, each with its log.
select distinct code.log_name, (archived.from_time at time zone 'utc')::date::text
from private.seal_archived() as archived
inner join private.seal_codes as code on code.log_code = archived.log_code
where archived.is_lawful;
