-- What a session of ours asks of the server, bounds above all; what it does not know is left out.
select pg_catalog.set_config(wanted.key, wanted.value, false)
from pg_catalog.jsonb_each_text(%(wanted)s) as wanted
where pg_catalog.current_setting(wanted.key, true) is not null;
