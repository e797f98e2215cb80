-- Keeps the description of access, for the upkeep to compare with.
insert into private.access_description (kind, object, aspect, value)
select line.kind, line.object, line.aspect, line.value
from pg_catalog.jsonb_to_recordset(%(lines)s) as line (kind text, object text, aspect text, value text);
