-- The months of the logs that need not be kept any longer, and whether a legal hold keeps them.
select log_name, month, is_held
from private.log_months()
where is_past_floor
order by month, log_name;
