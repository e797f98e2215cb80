-- The functions are dropped before a rollback, this one too.
select 1;
