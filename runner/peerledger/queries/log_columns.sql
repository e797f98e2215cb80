-- The columns of a log as they are sealed: a column of a form is never dropped.
select field.attname, pg_catalog.format_type(field.atttypid, field.atttypmod)
from private.seal_forms as form
inner join pg_catalog.pg_attribute as field
    on field.attrelid = format('public.%%I', form.log_name)::regclass and field.attname = any (form.columns)
where
    form.log_name = %(log)s::text
    and form.form = (
        select max(newest.form) from private.seal_forms as newest where newest.log_name = form.log_name
    )
order by field.attnum;
