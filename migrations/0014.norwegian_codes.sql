-- depends: 0013.badge_reconciliations
-- Codes are written by Norwegians: "besøk" is one. Prose they stay out of, since logs copy them.
set role peerledger_owner;

alter table public.activities
drop constraint activity_type_is_a_code,
drop constraint delivery_mode_is_a_code,
add constraint activity_type_is_a_code check (activity_type ~ '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}$'),
add constraint delivery_mode_is_a_code check (delivery_mode ~ '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}$');

reset role;
