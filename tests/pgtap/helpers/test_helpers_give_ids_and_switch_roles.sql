begin;
select plan(9);
select tests.make_two_organisations();

select is(tests.id('user', 'olga'), tests.id('user', 'olga'), 'the same name gives the same id');
select isnt(tests.id('user', 'olga'), tests.id('mentor', 'olga'), 'a user is not the mentor they are');
select is(
    (select user_id from public.peer_mentors where id = tests.id('mentor', 'olga')), tests.id('user', 'olga'),
    'a mentor has a user'
);
select is((select count(*) from public.activities), 5::bigint, 'five activities');

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select is(current_user::text, 'authenticated', 'the role is taken');
select is(auth.uid(), tests.id('user', 'olga'), 'the claims are seen by auth.uid()');
reset role;

select is(
    tests.outcome('service_role', null, 'delete from public.activities'), '5', 'an outcome counts the rows'
);
select is((select count(*) from public.activities), 5::bigint, 'and undoes what was done');
select is(
    tests.outcome('anon', null, 'delete from public.activities'), '42501', 'an outcome tells the SQLSTATE'
);
select * from finish();
rollback;
