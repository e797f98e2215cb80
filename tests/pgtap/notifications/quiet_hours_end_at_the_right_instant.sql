-- Clocks go forward on 2026-03-29 (02:00 is 03:00) and back on 2026-10-25 (03:00 is 02:00 again).
begin;
create temporary table expected (quiet_from time, quiet_until time, at timestamptz, ends_at timestamptz, description text);
insert into expected values
('21:00', '08:00', '2026-01-15 20:59:59.999+01', null, 'just before it begins'),
('21:00', '08:00', '2026-01-15 21:00+01', '2026-01-16 08:00+01', 'from the first instant'),
('21:00', '08:00', '2026-01-16 00:00+01', '2026-01-16 08:00+01', 'at midnight'),
('21:00', '08:00', '2026-01-16 07:59:59.999+01', '2026-01-16 08:00+01', 'to the last instant'),
('21:00', '08:00', '2026-01-16 08:00+01', null, 'and not longer'),
('21:00', '08:00', '2026-01-15 20:30+00', '2026-01-16 08:00+01', 'by local clocks, whatever the zone of the instant'),
('21:00', '08:00', '2026-03-28 21:00+01', '2026-03-29 08:00+02', 'a night of ten hours'),
('21:00', '08:00', '2026-10-24 21:00+02', '2026-10-25 08:00+01', 'a night of twelve hours'),
('21:00', '08:00', '2026-10-25 00:30+00', '2026-10-25 08:00+01', 'in the hour that comes twice, the first time'),
('21:00', '08:00', '2026-10-25 01:30+00', '2026-10-25 08:00+01', 'in the hour that comes twice, the second time'),
('21:00', '02:30', '2026-03-29 00:59+00', '2026-03-29 01:30+00', 'an end that the clocks skip comes as late as it would have'),
('21:00', '02:30', '2026-03-29 01:29:59+00', '2026-03-29 01:30+00', 'and until then it is quiet'),
('21:00', '02:30', '2026-03-29 01:30+00', null, 'and then it is not'),
('02:30', '06:00', '2026-10-25 00:45+00', null, 'a beginning that comes twice is the second'),
('02:30', '06:00', '2026-10-25 01:45+00', '2026-10-25 06:00+01', 'from then on'),
('12:00', '13:00', '2026-01-15 12:30+01', '2026-01-15 13:00+01', 'within a day'),
('12:00', '13:00', '2026-01-15 13:00+01', null, 'and over the same day'),
('12:00', '13:00', '2026-01-15 00:30+01', null, 'not at night then'),
('00:00', '24:00', '2026-01-15 12:30+01', '2026-01-16 00:00+01', 'a whole day'),
('08:00', '08:00', '2026-01-15 08:00+01', null, 'the same time twice is no quiet hours');

select plan(2 + (select count(*)::int from expected));
select is(private.quiet_until('Europe/Oslo', quiet_from, quiet_until, at), ends_at, description) from expected;
-- Every quarter of an hour of both nights: nothing ends in the past, and at its end it is over.
select is_empty(
    $$
    select quarter, private.quiet_until('Europe/Oslo', hours.begin_at, hours.end_at, quarter)
    from (
        select generate_series('2026-03-28 12:00+00'::timestamptz, '2026-03-30 12:00+00', '15 minutes') as quarter
        union all
        select generate_series('2026-10-24 12:00+00'::timestamptz, '2026-10-26 12:00+00', '15 minutes')
    ) as quarters
    cross join (
        values (time '21:00', time '08:00'), ('02:30', '03:00'), ('23:00', '02:15'), ('02:45', '02:15')
    ) as hours (begin_at, end_at)
    where
        private.quiet_until('Europe/Oslo', hours.begin_at, hours.end_at, quarter) <= quarter
        or (
            private.quiet_until(
                'Europe/Oslo', hours.begin_at, hours.end_at,
                private.quiet_until('Europe/Oslo', hours.begin_at, hours.end_at, quarter)
            ) is not null
            and hours.begin_at <> '02:45'
        )
    $$,
    'it ends later, and is over then, in both nights of a clock change'
);
select results_eq(
    $$
    select private.next_digest_at('Europe/Oslo', at_time, after::timestamptz)
    from (
        values
        (time '08:00', '2026-01-15 07:59:59+01'), ('08:00', '2026-01-15 08:00+01'), ('08:00', '2026-03-28 08:00+01'),
        ('02:30', '2026-03-28 12:00+01'), ('02:30', '2026-10-24 12:00+02'), ('02:30', '2026-10-25 02:30+01')
    ) as given (at_time, after)
    $$,
    $$
    values
    ('2026-01-15 08:00+01'::timestamptz), ('2026-01-16 08:00+01'), ('2026-03-29 08:00+02'),
    ('2026-03-29 03:30+02'), ('2026-10-25 02:30+01'), ('2026-10-26 02:30+01')
    $$,
    'the next digest is at that time of day, once a day'
);
select * from finish();
rollback;
