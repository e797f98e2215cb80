-- What has changed since a grant year was closed, a thousand activities at a time.
select to_jsonb(one)
from public.get_grant_differences(%(organisation)s, %(year)s, 1000, %(after)s) as one;
