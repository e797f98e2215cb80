-- The organisations by their slugs.
select slug, id
from public.organisations
order by slug;
