-- Archived lines as rows of the_schema.the_log, which stands for the table that they go into.
insert into the_schema.the_log
select entry.*  -- noqa: AM04
from pg_temp.restored, jsonb_populate_record(null::the_schema.the_log, restored.line::jsonb) as entry;
