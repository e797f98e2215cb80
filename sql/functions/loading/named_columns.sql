create or replace function private.named_columns(
    rule_id oid,
    given text[]
)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- organisation_id is in every foreign key and rarely to blame.
    select coalesce(
        string_agg(attribute.attname, ', ' order by part.position) filter (where attribute.attname <> 'organisation_id'),
        string_agg(attribute.attname, ', ' order by part.position),
        ''
    )
    from pg_constraint as rule
    cross join unnest(rule.conkey) with ordinality as part (number, position)
    inner join pg_attribute as attribute on attribute.attrelid = rule.conrelid and attribute.attnum = part.number
    where rule.oid = named_columns.rule_id and attribute.attname = any (named_columns.given)
$$;

comment on function private.named_columns is
'The columns of a constraint that a file has, as a person reads them. For peerledger load only.';
revoke all on function private.named_columns from public, anon, authenticated, service_role;
