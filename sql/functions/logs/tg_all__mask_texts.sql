-- What others than our own functions say in alerts, messages and nights is read by people who may not know of the mentor.
create or replace function private.tg_all__mask_texts()
returns trigger
language plpgsql
volatile
security definer -- looks for the names of mentors
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row jsonb := to_jsonb(new);
    v_masked jsonb;
begin
    select jsonb_object_agg(
        text_column.name, private.mask_names(private.mask_personal_data(v_row ->> text_column.name))
    )
    into v_masked
    from unnest(tg_argv) as text_column (name);
    return jsonb_populate_record(new, v_masked);
end
$$;

comment on function private.tg_all__mask_texts is
'Trigger function of alerts, messages and nights: masks personal data and the names of mentors in the columns that are its
arguments.';
revoke all on function private.tg_all__mask_texts from public, anon, authenticated, service_role;
