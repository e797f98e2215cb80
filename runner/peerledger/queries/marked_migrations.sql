-- Which migrations does yoyo take for applied?
select migration_id
from private._yoyo_migration;
