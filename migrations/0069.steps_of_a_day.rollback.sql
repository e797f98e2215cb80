set role peerledger_owner;

drop function if exists private.criteria_evidence (
    uuid [], jsonb, jsonb, private.badge_measures [], boolean, private.activity_days [], date, jsonb, date
);
drop function if exists private.simulated_awards (uuid, uuid [], private.activity_days [], date, date);
drop function if exists private.badge_step (uuid, uuid, private.activity_days [], date, private.activity_days []);
drop function if exists private.criteria_step (
    uuid, jsonb, text, jsonb, jsonb, private.activity_days [], date, private.activity_days []
);
drop function if exists private.leaf_step (
    uuid, private.badge_measures, bigint, private.activity_days [], date, private.activity_days []
);
drop function if exists private.step_entries (
    uuid, private.badge_measures, bigint, text, text, private.activity_days [], private.activity_days [], date, date, int
);

reset role;
