-- Definer: anyone who adds an entry need not be allowed to call the masking itself.
create or replace function private.mask_log_texts()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry jsonb := to_jsonb(new);
    v_masked jsonb;
begin
    select jsonb_object_agg(text_column.name, private.mask_personal_data(v_entry ->> text_column.name))
    into v_masked
    from unnest(tg_argv) as text_column (name);
    return jsonb_populate_record(new, v_masked);
end
$$;

comment on function private.mask_log_texts is
'Trigger function of the logs: masks what looks personal in the free-text columns, which are its arguments.';
revoke all on function private.mask_log_texts from public, anon, authenticated, service_role;
