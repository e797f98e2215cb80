begin;
select plan(13);
select tests.make_two_organisations();
update public.peer_mentors set display_name = 'Kari Nordmann' where id = tests.id('mentor', 'olga');
select is(
    tests.outcome(
        'authenticated', tests.id('user', 'nina'),
        format('select public.set_legal_hold(tests.id(''organisation'', ''north''), %L)', reference)
    ), expected, reference
)
from (
    values
    ('01019012345', '22023'), ('41234567', '22023'), ('41-23-45-67', '22023'), ('0101.9012.345', '22023'),
    ('Kari-Nordmann', '22023'), ('sak_kari.nordmann', '22023'), ('K-41234567/26', '22023'), ('2026/12345-6', '1'),
    ('26/01234', '1'), ('2026/1234567', '1'), ('NAV-123.45', '1'), ('South-1', '1'), ('Kari-1', '1')
) as attempt (reference, expected);
select * from finish();
rollback;
