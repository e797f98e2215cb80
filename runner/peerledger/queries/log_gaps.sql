-- Which changes have no entry, and which entries no change, of all time; with the reason where that is lawful.
select "check", log_name, subject_id::text, detail, hole
from private.log_gaps('-infinity')
order by "check", subject_id, detail;
