"""TypeScript types of what the REST API shows, for supabase-js: types/database.ts.

The same structure as `supabase gen types`, and more exact where the catalog says more: a column of a
function's row is
nullable only where its comment says when it is null, an argument whose default is null takes null, and a
jsonb result whose
shape is fixed has it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from peerledger.database import Connection

_NOTE = "// Written by docs/typescript.py: run `make docs` after a change of the database.\n"
_HEAD = """
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

"""
_NAMES = {
    "bool": "boolean",
    "bytea": "string",
    "json": "Json",
    "jsonb": "Json",
    "void": "undefined",
    "inet": "unknown",
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric"), "number"),
    **dict.fromkeys(
        ("text", "varchar", "name", "uuid", "date", "time", "timestamptz", "timestamp", "interval"), "string"
    ),
}
_SHAPES = {
    "get_run_summary": """{
          run_id: string
          as_of: string
          status: string
          started_at: string
          finished_at: string | null
          total_transitioned: number
          total_reminders_sent: number
          total_failures: number
          note: string | null
          entry_count: number
          entries: Database["public"]["Tables"]["certification_expiry_audit_log"]["Row"][]
        }"""
}

# Functions whose rows are `returns table`, of which PostgreSQL does not say what may be null.
_NULLABLE = {
    "claim_notifications": {"badge_name", "recipient_mentor_id", "recipient_user_id"},
    "complete_hlf_sync": {"next_attempt_at", "reason", "state"},
}

# One row a column of a table, or of the row of a function.
_COLUMNS = """
select
    relation.relname, relation.relkind::text, attribute.attname, kind.typname, kind.typcategory::text,
    attribute.attnotnull, attribute.atthasdef or attribute.attidentity <> '',
    attribute.attgenerated <> '' or attribute.attidentity = 'a',
    coalesce(col_description(relation.oid, attribute.attnum), '')
from pg_class as relation
inner join pg_attribute as attribute on attribute.attrelid = relation.oid
inner join pg_type as kind on kind.oid = attribute.atttypid
where
    relation.relnamespace = 'public'::regnamespace and relation.relowner = 'peerledger_owner'::regrole
    and relation.relkind in ('r', 'p', 'v', 'c') and not relation.relispartition
    and attribute.attnum > 0 and not attribute.attisdropped
order by relation.relname collate "C", attribute.attname collate "C"
"""
_KEYS = """
select
    child.relname, key.conname, parent.relname,
    array(
        select attribute.attname::text from unnest(key.conkey) with ordinality as part (number, place)
        inner join pg_attribute as attribute on attribute.attrelid = key.conrelid and attribute.attnum =
        part.number
        order by part.place
    ),
    array(
        select attribute.attname::text from unnest(key.confkey) with ordinality as part (number, place)
        inner join pg_attribute as attribute on attribute.attrelid = key.confrelid and attribute.attnum =
        part.number
        order by part.place
    ),
    exists (
        select from pg_constraint as met
        where
            met.conrelid = key.conrelid and met.contype in ('p', 'u')
            and met.conkey @> key.conkey and met.conkey <@ key.conkey
    )
from pg_constraint as key
inner join pg_class as child on child.oid = key.conrelid
inner join pg_class as parent on parent.oid = key.confrelid
where key.contype = 'f' and child.relnamespace = 'public'::regnamespace and parent.relnamespace =
'public'::regnamespace
order by child.relname collate "C", key.conname collate "C"
"""
_FUNCTIONS = """
select
    function.proname, function.proretset, function.prorows = 1, result.typname, result.typcategory::text,
    row_of.relname,
    row_of.relkind::text,
    coalesce(function.proargnames, '{}'), coalesce(function.proargmodes::text[], '{}'),
    array(
        select kind.typname::text
        from unnest(coalesce(function.proallargtypes, function.proargtypes::oid[])) with ordinality as given
        (id, place)
        inner join pg_type as kind on kind.oid = given.id
        order by given.place
    ),
    function.pronargs - function.pronargdefaults,
    array(
        select coalesce(pg_get_function_arg_default(function.oid, place) like 'NULL%', false)
        from generate_series(1, function.pronargs) as place
    ),
    exists (select from pg_class where pg_class.reltype = function.proargtypes[0] and function.pronargs = 1)
from pg_proc as function
inner join pg_type as result on result.oid = function.prorettype
left join pg_class as row_of on row_of.oid = result.typrelid
where
    function.pronamespace = 'public'::regnamespace and function.proowner = 'peerledger_owner'::regrole
    and function.prokind = 'f'
order by function.proname collate "C", function.oid::regprocedure::text collate "C"
"""
_ENUMS = """
select kind.typname, array_agg(label.enumlabel::text order by label.enumsortorder)
from pg_type as kind
inner join pg_enum as label on label.enumtypid = kind.oid
where kind.typnamespace = 'public'::regnamespace
group by kind.typname
order by 1
"""


def typescript(connection: Connection) -> str:
    enums: dict[str, list[str]] = dict(connection.execute(_ENUMS).fetchall())
    tables: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    composites: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for relation, kind, *column in connection.execute(_COLUMNS).fetchall():
        (composites if kind == "c" else tables)[relation].append(tuple(column))
    keys: dict[str, list[str]] = defaultdict(list)
    for child, name, parent, columns, referenced, is_single in connection.execute(_KEYS).fetchall():
        keys[child] += [
            "          {",
            f'            foreignKeyName: "{name}"',
            f"            columns: {_listed(columns)}",
            f"            isOneToOne: {str(is_single).lower()}",
            f'            referencedRelation: "{parent}"',
            f"            referencedColumns: {_listed(referenced)}",
            "          },",
        ]
    functions = connection.execute(_FUNCTIONS).fetchall()
    lines = ["export type Database = {", "  public: {", "    Tables: {"]
    for table, columns in tables.items():
        lines += _table(table, columns, keys[table], functions, enums)
    lines += ["    }", "    Views: { [_ in never]: never }", "    Functions: {"]
    by_name: dict[str, list[str]] = defaultdict(list)
    for function in functions:
        by_name[function[0]].append(_function(function, composites, enums))
    for name, overloads in by_name.items():
        if len(overloads) == 1:
            lines.append(f"      {name}: {overloads[0]}")
        else:
            lines += [f"      {name}:", *(f"        | {text}" for text in overloads)]
    lines += ["    }", "    Enums: {"]
    lines += [f"      {name}: {' | '.join(_quoted(labels))}" for name, labels in enums.items()]
    lines += ["    }", "    CompositeTypes: {"]
    for name, columns in composites.items():
        lines += [f"      {name}: {{", *_row(columns, enums, by_comment=True), "      }"]
    lines += ["    }", "  }", "}"]
    return _NOTE + _HEAD + "\n".join(lines) + "\n"


def _table(
    table: str,
    columns: list[tuple[Any, ...]],
    keys: list[str],
    functions: Iterable[tuple[Any, ...]],
    enums: Mapping[str, Any],
) -> list[str]:
    embedded = [(f[0], f[5]) for f in functions if f[12] and f[2] and f[9] == [table] and f[6] in ("r", "p")]
    row = _row(columns, enums)
    computed = [
        f'          {name}: Database["public"]["Tables"]["{target}"]["Row"] | null'
        for name, target in embedded
    ]
    insert, update = [], []
    for name, kind, category, is_required, has_default, is_generated, _ in columns:
        if is_generated:
            continue
        text = _type(kind, category, enums) + ("" if is_required else " | null")
        insert.append(f"          {name}{'' if is_required and not has_default else '?'}: {text}")
        update.append(f"          {name}?: {text}")
    return [
        f"      {table}: {{",
        "        Row: {",
        *row,
        *computed,
        "        }",
        f"        ComputedFields: {' | '.join(_quoted(name for name, _ in embedded)) or 'never'}",
        "        Insert: {",
        *insert,
        "        }",
        "        Update: {",
        *update,
        "        }",
        *(["        Relationships: [", *keys, "        ]"] if keys else ["        Relationships: []"]),
        "      }",
    ]


def _row(
    columns: Iterable[tuple[Any, ...]], enums: Mapping[str, Any], *, by_comment: bool = False
) -> list[str]:
    indent = "        " if by_comment else "          "
    return [
        f"{indent}{name}: {_type(kind, category, enums)}"
        + (" | null" if (("null" in comment.lower()) if by_comment else not is_required) else "")
        for name, kind, category, is_required, _, _, comment in columns
    ]


def _function(
    function: tuple[Any, ...], composites: Mapping[str, list[tuple[Any, ...]]], enums: Mapping[str, Any]
) -> str:
    (
        name,
        is_set,
        is_one,
        result,
        category,
        relation,
        relation_kind,
        names,
        modes,
        kinds,
        required,
        nulls,
        of_row,
    ) = function
    given, returned = [], []
    for place, (argument, kind) in enumerate(zip(names, kinds, strict=True)):
        if modes and modes[place] == "t":
            null = " | null" if argument in _NULLABLE.get(name, ()) else ""
            returned.append(f"{argument}: {_type(kind, 'A' if kind.startswith('_') else '', enums)}{null}")
        elif of_row:
            table = f'Database["public"]["Tables"]["{kind}"]'
            given.append(f'{argument}: Omit<{table}["Row"], {table}["ComputedFields"]>')
        else:
            null = " | null" if nulls[place] else ""
            mark = "" if place < required else "?"
            given.append(f"{argument}{mark}: {_type(kind, 'A' if kind.startswith('_') else '', enums)}{null}")
    arguments = f"{{ {'; '.join(given)} }}" if given else "Record<PropertyKey, never>"
    options = ""
    if returned:
        text = f"{{ {'; '.join(returned)} }}"
    elif relation and relation_kind == "c":
        text = f'Database["public"]["CompositeTypes"]["{relation}"]'
        assert relation in composites
    elif relation:
        table = f'Database["public"]["Tables"]["{relation}"]'
        text = f'Omit<{table}["Row"], {table}["ComputedFields"]>'
    else:
        text = _SHAPES.get(name) or _type(result, category, enums)
    if relation and not returned:
        source = kinds[0] if of_row else "*"
        options = (
            f'; SetofOptions: {{ from: "{source}"; to: "{relation}"; '
            f"isOneToOne: {str(not is_set or is_one).lower()}; isSetofReturn: {str(is_set).lower()} }}"
        )
    is_list = is_set and not (of_row and is_one)
    return f"{{ Args: {arguments}; Returns: {text}{'[]' if is_list else ''}{options} }}"


def _type(name: str, category: str, enums: Mapping[str, Any]) -> str:
    if category == "A" or name.startswith("_"):
        return f"{_type(name.removeprefix('_'), '', enums)}[]"
    if name in enums:
        return f'Database["public"]["Enums"]["{name}"]'
    return _NAMES[name]


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(_quoted(names))}]"
