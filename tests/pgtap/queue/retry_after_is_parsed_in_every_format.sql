begin;
select plan(26);
select is(
    private.retry_after_seconds(header.value, '1994-11-06 08:49:00+00'), header.seconds, coalesce(quote_literal(header.value), 'none')
)
from (
    values
    (null, null),
    ('', null),
    ('0', 0),
    ('120', 120),
    (' 120 ', 120),
    ('1.5', 2),
    ('86400', 86400),
    ('99999999999999999999999', 86400),
    ('-1', null),
    ('1e3', null),
    ('soon', null),
    ('Sun, 06 Nov 1994 08:49:37 GMT', 37),
    ('sun, 06 nov 1994 08:49:37 gmt', 37),
    ('Sunday, 06-Nov-94 08:49:37 GMT', 37),
    ('Sun Nov  6 08:49:37 1994', 37),
    ('Wed Nov 16 08:49:00 1994', 86400),
    ('Sun, 06 Nov 1994 07:00:00 GMT', 0),
    ('Sunday, 06-Nov-43 08:49:37 GMT', 86400),
    ('Sunday, 06-Nov-45 08:49:37 GMT', 0),
    ('Sun, 31 Feb 1994 08:49:37 GMT', null),
    ('Sun, 06 Foo 1994 08:49:37 GMT', null),
    ('Sun, 06 Nov 1994 25:49:37 GMT', null),
    ('Sun, 06 Nov 1994 08:49:37 CET', null),
    ('1994-11-06T08:49:37Z', null),
    ('Sun, 06 Nov 0000 08:49:37 GMT', null),
    ('<html>', null)
) as header (value, seconds);
select finish();
rollback;
