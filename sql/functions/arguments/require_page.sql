create or replace function private.require_page(
    page_limit int,
    page_offset int
)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not coalesce(require_page.page_limit between 0 and 1000 and require_page.page_offset >= 0, false) then
        raise exception using
            errcode = '22023',
            message = format(
                'page_limit must be 0 to 1000 and page_offset 0 or more, not %s and %s.',
                coalesce(require_page.page_limit::text, 'null'), coalesce(require_page.page_offset::text, 'null')
            ),
            hint = 'Ask for the next page with page_offset, in steps of page_limit.';
    end if;
end
$$;

comment on function private.require_page is
'Passes for a page of at most 1000 entries. Error: 22023. For our functions only.';
revoke all on function private.require_page from public, anon, authenticated, service_role;
