-- depends: 0068.headroom_of_the_latest
-- A step to a badge is worked out from what was held on the day it is asked of, whatever was awarded since, and none of it fills a day
-- beyond 24 hours. The functions have new arguments, and a function with others would be a second one.
set role peerledger_owner;

drop function if exists private.criteria_evidence (
    uuid [], jsonb, jsonb, private.badge_measures [], boolean, private.activity_days [], date, jsonb
);
drop function if exists private.simulated_awards (uuid, uuid [], private.activity_days [], date);
drop function if exists private.badge_step (uuid, uuid, private.activity_days [], date);
drop function if exists private.criteria_step (uuid, jsonb, text, jsonb, jsonb, private.activity_days [], date);
drop function if exists private.leaf_step (uuid, private.badge_measures, bigint, private.activity_days [], date);
drop function if exists private.step_entries (
    uuid, private.badge_measures, bigint, text, text, private.activity_days [], date, date, int
);

reset role;
