begin;
select plan(20);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select
    tests.id('badge', organisation.slug), organisation.id, 'first', 'First',
    '{"metric": "activity_count", "at_least": 1000}'
from public.organisations as organisation
where organisation.slug in ('north', 'south');

create temporary table attempts (table_name text, columns text, north_values text, south_values text);
insert into attempts values
('peer_mentors', 'chapter_id, display_name', '%chapter:oslo%, ''x''', null),
('coordinator_assignments', 'chapter_id, user_id', '%chapter:oslo%, gen_random_uuid()', null),
(
    'activities', 'mentor_id, activity_type, occurred_on, duration_minutes',
    '%mentor:olga%, ''walk'', ''2026-01-01'', 5', null
),
('activity_notes', 'activity_id, body', '%activity:olga''s%, ''x''', null),
('certifications', 'mentor_id, issued_on, expires_on', '%mentor:olga%, ''2026-01-01'', ''2027-01-01''', null),
(
    'proxy_disputes', 'activity_id, mentor_id, reason_code',
    '%activity:nina for olga%, %mentor:olga%, ''other''', '%activity:nina for olga%, %mentor:sara%, ''other'''
),
('notifications', 'recipient_mentor_id, kind, dedupe_key', '%mentor:olga%, ''badge_awarded'', ''x''', null),
(
    'earned_badges', 'mentor_id, badge_definition_id, criteria_version, evidence, qualified_on',
    '%mentor:olga%, %badge:north%, 1, ''{}'', ''2026-01-01''',
    '%mentor:sara%, %badge:north%, 1, ''{}'', ''2026-01-01'''
);
create function pg_temp.insertion(organisation text, table_name text, columns text, row_values text) returns text
language plpgsql
as $$
declare
    v_id text[];
begin
    for v_id in select regexp_matches(row_values, '%(\w+):([^%]+)%', 'g') loop
        row_values := replace(row_values, format('%%%s:%s%%', v_id[1], v_id[2]), quote_literal(tests.id(v_id[1], v_id[2])));
    end loop;
    return format(
        'insert into public.%I (organisation_id, %s) values (%L, %s)',
        table_name, columns, tests.id('organisation', organisation), row_values
    );
end
$$;

select throws_ok(
    pg_temp.insertion('south', table_name, columns, north_values), '23503', null,
    table_name || ': a row of the south cannot refer to the north'
) from attempts;
select throws_ok(
    pg_temp.insertion('south', table_name, columns, south_values), '23503', null,
    table_name || ': a mentor of the south is not joined to what is of the north'
) from attempts where south_values is not null;
select lives_ok(
    pg_temp.insertion('north', table_name, columns, north_values), table_name || ': a row of the north can'
) from attempts;
select throws_ok(
    format('update public.peer_mentors set organisation_id = %L where id = %L',
        tests.id('organisation', 'south'), tests.id('mentor', 'olga')),
    '23503', null, 'nor can a mentor move away from what refers to them'
);
select is_empty(
    $$
    select key.conrelid::regclass, key.conname
    from pg_constraint as key
    inner join pg_attribute as child on child.attrelid = key.conrelid and child.attname = 'organisation_id'
    inner join pg_attribute as parent on parent.attrelid = key.confrelid and parent.attname = 'organisation_id'
    where
        key.contype = 'f'
        and key.connamespace = 'public'::regnamespace
        and not exists (
            select
            from unnest(key.conkey, key.confkey) as pair (child_column, parent_column)
            where pair.child_column = child.attnum and pair.parent_column = parent.attnum
        )
    $$,
    'every reference between tenant tables carries the organisation'
);
select * from finish();
rollback;
