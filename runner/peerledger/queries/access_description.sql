-- The description of access that the last `migrate` kept.
select kind, object, aspect, value
from private.access_description;
