-- Reconciliation looks for what changed since.
begin;
select plan(2);
select tests.make_two_organisations();
update public.activities set created_at = '2020-01-01', updated_at = '2020-01-01' where true;
select cmp_ok((select min(updated_at) from public.activities), '>=', now(), 'whoever writes it cannot choose the time');
select is((select max(created_at) from public.activities), '2020-01-01'::timestamptz, 'the rest is what was written');
select * from finish();
rollback;
