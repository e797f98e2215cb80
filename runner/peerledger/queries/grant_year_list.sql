-- The activities of a grant year, each as the line that is hashed and as fields.
select private.grant_line(one), to_jsonb(one)
from private.grant_year_list(%(organisation)s, %(year)s) as one
order by one.activity_id;
