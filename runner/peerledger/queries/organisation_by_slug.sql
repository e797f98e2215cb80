-- An organisation by its slug.
select id, name
from public.organisations
where slug = %(slug)s;
