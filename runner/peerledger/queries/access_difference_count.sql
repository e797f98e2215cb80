-- How many privileges, policies, triggers … are not as this version has them?
select count(*)
from private.access_differences();
