-- An organisation; from here on, the connection's times are those of its time zone.
select id, set_config('TimeZone', time_zone, false)
from public.organisations
where slug = %(slug)s;
