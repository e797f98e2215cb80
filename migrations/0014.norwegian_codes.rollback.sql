set role peerledger_owner;

-- Rows that the old constraints refuse stay: they are asked of new ones only.
alter table public.activities
drop constraint activity_type_is_a_code,
drop constraint delivery_mode_is_a_code,
add constraint activity_type_is_a_code check (activity_type ~ '^[A-Za-z][A-Za-z0-9_-]{0,59}$') not valid,
add constraint delivery_mode_is_a_code check (delivery_mode ~ '^[A-Za-z][A-Za-z0-9_-]{0,59}$') not valid;

reset role;
