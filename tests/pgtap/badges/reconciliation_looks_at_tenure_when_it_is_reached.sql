begin;
select plan(17);
select tests.make_organisation('north');
select tests.make_mentor(name, 'north') from unnest('{olga, berit, kari}'::text[]) as name;
update public.peer_mentors set created_at = now() - interval '100 days';
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', slug), tests.id('organisation', 'north'), slug, slug, format('{"metric": "tenure_days", "at_least": %s}', days)::jsonb
from (values ('half_a_year', 182), ('a_year', 365)) as badge (slug, days);

-- What is asked for beside a length of service is no length.
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (
    tests.id('organisation', 'north'), 'mixed', 'Mixed',
    '{"all": [{"metric": "tenure_days", "at_least": 400}, {"metric": "minutes_total", "at_least": 150}]}'
);
-- Another organisation asks for less.
select tests.make_organisation('south');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'south'), 'theirs', 'Theirs', '{"metric": "tenure_days", "at_least": 150}');

-- How many it looked at, and how many badges it awarded.
create function pg_temp.looked_at(since timestamptz default now() - interval '1 day') returns text
language plpgsql
as $$
declare
    v_id uuid := public.start_badge_reconciliation(looked_at.since);
begin
    return (
        select format('%s mentors, %s badges', progress.mentors_done, progress.badges_awarded)
        from public.continue_badge_reconciliation(v_id) as progress
    );
end
$$;

select is(pg_temp.looked_at(), '3 mentors, 0 badges', 'who was never evaluated is');
select is(pg_temp.looked_at(), '0 mentors, 0 badges', 'and not again before the next length is reached');
select is(
    (select array_agg(distinct settled_until) from private.mentor_measures),
    array[((now() at time zone 'Europe/Oslo')::date + 82)::timestamp at time zone 'Europe/Oslo'], 'which is the next that a badge of theirs asks for'
);

update private.mentor_measures set settled_until = now() - interval '1 hour' where mentor_id = tests.id('mentor', 'kari');
select is(pg_temp.looked_at(), '1 mentors, 0 badges', 'of whom it is not known any more is looked at, also for nothing');
select is(pg_temp.looked_at(), '0 mentors, 0 badges', 'once');

-- A hundred days later: the mentors joined earlier, and the day that was worked out is past.
update public.peer_mentors set created_at = created_at - interval '100 days' where id = tests.id('mentor', 'olga');
update private.mentor_measures set settled_until = now() - interval '1 hour' where mentor_id = tests.id('mentor', 'olga');
select is(pg_temp.looked_at(), '1 mentors, 1 badges', 'who has reached it is evaluated, and has the badge');
select is(pg_temp.looked_at(), '0 mentors, 0 badges', 'once');
select is_empty('select from public.ops_alerts', 'which nobody had missed');
select is(
    (select settled_until from private.mentor_measures where mentor_id = tests.id('mentor', 'olga')),
    ((now() at time zone 'Europe/Oslo')::date + 165)::timestamp at time zone 'Europe/Oslo',
    'and again when the year is full'
);

update public.peer_mentors set created_at = created_at - interval '100 days' where id = tests.id('mentor', 'berit');
select is(pg_temp.looked_at('-infinity'), '3 mentors, 1 badges', 'over all of history everybody is, whatever was worked out');
select is_empty('select from public.ops_alerts', 'nor then');

-- An activity that was missed is another matter, also where the length of service had been there before.
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (
    tests.id('organisation', 'north'), 'both', 'Both',
    '{"all": [{"metric": "tenure_days", "at_least": 50}, {"metric": "activity_count", "at_least": 1}]}'
);
alter table public.activities disable trigger user;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'kari'), 'visit', current_date - 1, 30);
alter table public.activities enable trigger user;
select is(
    (select format('%s %s %s', badges_awarded, award_ratio, alert) from public.reconcile_badges()), '1 0.3333 t',
    'that one counts, and the two for years of service do not'
);
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'north'), 'long', 'Long', '{"metric": "activity_count", "at_least": 2}'),
(tests.id('organisation', 'north'), 'longer', 'Longer', '{"metric": "badge_earned", "badge": "long"}');
alter table public.activities disable trigger user;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'kari'), 'visit', current_date - 1, 30);
alter table public.activities enable trigger user;
select is(
    (select format('%s %s', badges_awarded, award_ratio) from public.reconcile_badges()), '2 0.4000',
    'and so does what followed from one that was missed'
);

-- What followed from a length of service alone was missed by nobody, as little as the length itself.
select tests.make_mentor('nora', 'north');
update public.peer_mentors set created_at = now() - interval '200 days' where id = tests.id('mentor', 'nora');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'north'), 'thanks', 'Thanks', '{"metric": "badge_earned", "badge": "half_a_year"}'),
(
    tests.id('organisation', 'north'), 'more-thanks', 'More thanks',
    '{"all": [{"metric": "badge_earned", "badge": "thanks"}, {"metric": "tenure_days", "at_least": 182}]}'
);
update public.earned_badges set earned_at = now() - interval '2 days';
select is(
    (select format('%s %s %s', badges_awarded, award_ratio, alert) from public.reconcile_badges()), '7 0.0000 f',
    'three badges of hers by time and two of each who had half a year before: none was missed'
);
select is(
    (select array_agg(definition.slug order by definition.slug) from public.earned_badges as earned
    inner join public.badge_definitions as definition on definition.id = earned.badge_definition_id
    where earned.mentor_id = tests.id('mentor', 'nora')),
    '{half_a_year,more-thanks,thanks}', 'the one and what follows from it'
);

-- The share is of what was awarded since then, not of all there ever was.
update public.ops_alerts set acknowledged_at = now();
alter table public.activities disable trigger user;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'nora'), 'visit', current_date - 1, 30);
alter table public.activities enable trigger user;
select is(
    (select format('%s %s %s', badges_awarded, award_ratio, alert) from public.reconcile_badges()), '1 0.1250 t',
    'one of eight since yesterday; what was awarded the day before does not count'
);
select is(
    (select count(*) from public.ops_alerts where kind = 'reconciliation_over_5_percent' and acknowledged_at is null), 1::bigint,
    'which an operator learns of'
);
select * from finish();
rollback;
