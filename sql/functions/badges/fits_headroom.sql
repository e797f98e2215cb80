-- The one rule of what headroom allows (private.set_headroom says what it is), of the kind of one activity. What is not limited is
-- left out there and null here; what an earlier version worked out, as in data that was restored, was an array. Both ways of
-- an insert ask it in the statement that locks the mentor: no SET, so that it is inlined.
create or replace function private.fits_headroom(
    room jsonb,
    is_in_order boolean,
    activities bigint,
    minutes bigint,
    participants bigint,
    last_on date
)
returns boolean
language sql
stable
security invoker
as $$
    select
        jsonb_typeof(fits_headroom.room) = 'object'
        -- Of the numbers: the first for any order, the second for none that is earlier than the latest day was.
        and (
            fits_headroom.activities > (fits_headroom.room -> 'activities' ->> fits_headroom.is_in_order::int)::bigint
            or fits_headroom.minutes > (fits_headroom.room -> 'minutes' ->> fits_headroom.is_in_order::int)::bigint
            or fits_headroom.participants > (fits_headroom.room -> 'participants' ->> fits_headroom.is_in_order::int)::bigint
            or fits_headroom.activities > (fits_headroom.room -> 'streaks' ->> fits_headroom.is_in_order::int)::bigint
            and not (fits_headroom.is_in_order and fits_headroom.last_on <= (fits_headroom.room -> 'streaks' ->> 2)::date)
        ) is not true
$$;

comment on function private.fits_headroom is
'Does what was added to a mentor since their headroom was worked out fit into it, for activities of one kind? Null where that kind has none.
room: of the kind; is_in_order: was none of it earlier than the mentor''s latest day; last_on: the latest day of what was added. For our
functions only.';
revoke all on function private.fits_headroom from public, anon, authenticated, service_role;
