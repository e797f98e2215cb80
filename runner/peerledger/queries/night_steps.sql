-- The steps of the night in their order.
select job
from private.night_steps()
order by place;
