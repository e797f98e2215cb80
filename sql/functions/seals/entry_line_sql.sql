-- A batch seals with the newest form there is, so a form holds from the first batch that used it. With one form, as most
-- logs have, no batch is asked.
create or replace function private.entry_line_sql(
    log_name text,
    alias text,
    leaf_index_sql text default null
)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_form record;
    v_line text;
    v_cases text := '';
begin
    for v_form in
        select form.form, form.columns
        from private.seal_forms as form
        where form.log_name = entry_line_sql.log_name
        order by form.form desc
    loop
        if v_line is not null and entry_line_sql.leaf_index_sql is null then
            exit;
        end if;
        if v_line is not null then
            v_cases := format(
                'when %s < %s then ', entry_line_sql.leaf_index_sql,
                coalesce(
                    (
                        select min(batch.first_index)
                        from private.seal_batches as batch
                        where (batch.forms ->> entry_line_sql.log_name)::int > v_form.form
                    ), 9223372036854775807
                )
            ) || format(
                '(select to_jsonb(form)::text from (select %s) as form) ',
                (
                    select string_agg(format('%I.%I', entry_line_sql.alias, field.name), ', ' order by field.number)
                    from unnest(v_form.columns) with ordinality as field (name, number)
                )
            ) || v_cases;
        else
            v_line := format(
                '(select to_jsonb(form)::text from (select %s) as form)',
                (
                    select string_agg(format('%I.%I', entry_line_sql.alias, field.name), ', ' order by field.number)
                    from unnest(v_form.columns) with ordinality as field (name, number)
                )
            );
        end if;
    end loop;
    return case when v_cases = '' then v_line else format('case %selse %s end', v_cases, v_line) end;
end
$$;

comment on function private.entry_line_sql is
'The SQL expression that gives the line of an entry of a log: its columns of the newest form, or with the SQL of a leaf''s
index those of the form that the leaf was sealed with. Run it with time zone UTC, extra_float_digits 1 and bytea_output
hex. For our functions only.';
revoke all on function private.entry_line_sql from public, anon, authenticated, service_role;
