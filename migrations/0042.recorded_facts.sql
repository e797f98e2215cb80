-- depends: 0041.month_statements
-- Its result has another column by now, which replacing it cannot bring about.
drop function if exists private.recorded_facts();
