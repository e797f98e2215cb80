-- Which triggers call one of these functions. Those on a partition that go with their parent's have tgparentid
-- set, and are not listed.
select tgname, tgrelid::regclass::text
from pg_catalog.pg_trigger
where tgfoid = any (%(functions)s) and not tgisinternal and tgparentid = 0;
