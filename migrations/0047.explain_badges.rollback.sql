set role peerledger_owner;
drop function if exists private.measure_series (
    private.measure_request [], private.badge_measures [], boolean, private.activity_days []
);
drop function if exists private.criteria_evidence (
    uuid [], jsonb, jsonb, private.badge_measures [], boolean, private.activity_days [], date, jsonb
);
drop type public.criteria_change;
drop type private.known_activity;
reset role;
