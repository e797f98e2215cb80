"""Writes what the database itself can say: docs/data_model.md, docs/reference.md, parts of docs/errors.md and
docs/architecture.md, types/database.ts, and sql/access.csv, the state of access that `migrate` brings about.

`make docs` runs it; a test compares what is committed with what it would write.
"""

import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from docs.call_paths import call_paths
from docs.typescript import typescript
from peerledger.database import Connection, Database

DOCS = Path(__file__).parent
ROOT = DOCS.parent
_BEGIN, _END = "<!-- generated: begin -->", "<!-- generated: end -->"
_NOTE = "<!-- Written by docs/generate.py: run `make docs` after a change of the database. -->\n"

_TABLES = """
select
    relation.oid,
    relation.relnamespace::regnamespace::text,
    relation.relname,
    obj_description(relation.oid, 'pg_class'),
    exists (select from private.logs as log where log.log_name = relation.relname) as is_log
from pg_class as relation
where
    relation.relkind in ('r', 'p')
    and not relation.relispartition
    and relation.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and relation.relowner = 'peerledger_owner'::regrole
order by relation.relnamespace::regnamespace::text desc, relation.relname
"""
_COLUMNS = """
select
    attribute.attname,
    format_type(attribute.atttypid, attribute.atttypmod),
    attribute.attnotnull,
    exists (
        select
        from pg_constraint as found
        where
            found.conrelid = attribute.attrelid
            and found.contype = 'p'
            and attribute.attnum = any (found.conkey)
    ),
    col_description(attribute.attrelid, attribute.attnum)
from pg_attribute as attribute
where attribute.attrelid = %s and attribute.attnum > 0 and not attribute.attisdropped
order by attribute.attnum
"""
_REFERENCES = """
select distinct
    parent.relname,
    child.relname,
    bool_and(attribute.attnotnull) as is_required,
    exists (
        select
        from pg_constraint as key
        where
            key.conrelid = child.oid
            and key.contype in ('p', 'u')
            and key.conkey <@ reference.conkey
    ) as is_single,
    (array_agg(attribute.attname order by position desc))[1]
from pg_constraint as reference
inner join pg_class as child on child.oid = reference.conrelid
inner join pg_class as parent on parent.oid = reference.confrelid
cross join lateral unnest(reference.conkey) with ordinality as key (number, position)
inner join pg_attribute as attribute on attribute.attrelid = child.oid and attribute.attnum = key.number
where reference.contype = 'f' and child.relnamespace = 'public'::regnamespace and not child.relispartition
group by parent.relname, child.relname, child.oid, reference.oid, reference.conkey
order by 1, 2, 5
"""
_FUNCTIONS = """
select
    function.pronamespace::regnamespace::text,
    function.proname,
    pg_get_function_arguments(function.oid),
    pg_get_function_result(function.oid),
    obj_description(function.oid, 'pg_proc'),
    function.prosecdef,
    function.provolatile,
    array(
        select caller.grantee::regrole::text
        from aclexplode(function.proacl) as caller
        where caller.grantee in ('anon'::regrole, 'authenticated'::regrole, 'service_role'::regrole)
        order by 1
    )
from pg_proc as function
where
    function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and function.proowner = 'peerledger_owner'::regrole
order by 1 desc, 2, function.oid::regprocedure::text collate "C"
"""
_VOLATILITY = {"i": "immutable", "s": "stable", "v": "volatile"}


def generate(connection: Connection) -> dict[str, str]:
    """File name to text, for every file that is written."""
    # Whoever asks: names are written with their schema.
    connection.execute("set search_path = pg_catalog")
    return {
        "data_model.md": data_model(connection),
        "reference.md": reference(connection),
        "errors.md": _with_part("errors.md", raised_table()),
        "architecture.md": _with_part("architecture.md", call_paths(connection)),
        "../types/database.ts": typescript(connection),
    }


def _with_part(name: str, part: str) -> str:
    """The page as it is, with what stands between its marks written anew."""
    before, rest = (DOCS / name).read_text(encoding="utf-8").split(_BEGIN)
    return f"{before}{_BEGIN}\n{part}{_END}{rest.split(_END)[1]}"


def data_model(connection: Connection) -> str:
    tables = connection.execute(_TABLES).fetchall()
    lines = [
        _NOTE,
        "# Data model\n",
        "Every row belongs to one organisation, and children refer to parents by `(organisation_id, id)`:",
        "a row that joins two organisations cannot exist. The logs have no foreign keys: they outlive what",
        "they speak of. `private` holds what the functions need for themselves; no API role reads it.\n",
        "```mermaid",
        "erDiagram",
        "    direction LR",
    ]
    for parent, child, is_required, is_single, column in connection.execute(_REFERENCES).fetchall():
        left = "||" if is_required else "|o"
        right = "o|" if is_single else "o{"
        lines.append(f'    {parent} {left}--{right} {child} : "{column}"')
    lines.append("```\n")
    for title, wanted in (("Tables", "public"), ("Logs", "log"), ("Private tables", "private")):
        lines.append(f"## {title}\n")
        for oid, schema, name, comment, is_log in tables:
            if ("log" if is_log else schema) != wanted:
                continue
            lines += [f"### {name}\n", f"{_prose(comment)}\n", *_column_table(connection, oid)]
    return "\n".join(lines)


def reference(connection: Connection) -> str:
    lines = [
        _NOTE,
        "# SQL reference\n",
        "From `comment on function` and the privileges in the database. *Definer* means that a function runs",
        "with the rights of `peerledger_owner`, which row level security binds as well; its file says why.\n",
    ]
    for title, schema, is_callable in (
        ("What clients call", "public", True),
        ("Inside: helpers that policies need", "private", True),
        ("Inside: our functions, triggers and the runner", "private", False),
    ):
        lines.append(f"## {title}\n")
        for (
            found_schema,
            name,
            arguments,
            result,
            comment,
            is_definer,
            volatility,
            callers,
        ) in connection.execute(_FUNCTIONS).fetchall():
            if found_schema != schema or (schema == "private" and bool(callers) != is_callable):
                continue
            kind = [_VOLATILITY[volatility], *(["definer"] if is_definer else [])]
            who = ", ".join(f"`{caller}`" for caller in callers) or "no API role"
            signature = f"{schema}.{name}({_signature(arguments)}) → {_one_line(result or '')}"
            if schema == "public" and f"### {name}\n" in lines:
                # A computed relationship, of one more table: beside the one before.
                lines.insert(len(lines) - 3, signature)
            elif schema == "public" or is_callable:
                lines += [
                    f"### {name}\n",
                    "```sql",
                    signature,
                    "```\n",
                    f"{_prose(comment)}\n",
                    f"Callable by {who}; {', '.join(kind)}.\n",
                ]
            else:
                definer = " *(definer)*" if is_definer else ""
                lines.append(f"- **{name}**({_names(arguments)}){definer}: {_prose(comment)}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def raised() -> dict[str, set[str]]:
    """Each SQLSTATE that the SQL raises, and the files that do."""
    found = defaultdict(set)
    for path in sorted([*(ROOT / "sql").rglob("*.sql*"), *(ROOT / "migrations").glob("*.sql")]):
        text = path.read_text(encoding="utf-8")
        codes = set(re.findall(r"errcode\s*=>?.*?'([0-9A-Z]{5})'", text))
        if path.parent.name == "proxy":
            # What is wrong with an entry is found in one function and raised in another.
            codes |= set(re.findall(r"'(PT404|42501|22023|PL006)'", text))
        # One that the same file catches does not get out.
        for code in codes - set(re.findall(r"when sqlstate '([0-9A-Z]{5})'", text)):
            found[code].add(path.name.split(".sql")[0])
    return dict(found)


def raised_table() -> str:
    rows = [f"| `{code}` | {', '.join(sorted(names))} |" for code, names in sorted(raised().items())]
    return "\n".join(["| code | raised in |", "|---|---|", *rows]) + "\n"


def _column_table(connection: Connection, oid: int) -> list[str]:
    lines = ["| column | type | |", "|---|---|---|"]
    for name, kind, is_required, is_primary, comment in connection.execute(_COLUMNS, (oid,)).fetchall():
        mark = f"**{name}**" if is_primary else name
        lines.append(f"| {mark} | {kind}{'' if is_required else ', null'} | {_prose(comment)} |")
    return [*lines, ""]


def _signature(arguments: str) -> str:
    parts = _split(arguments)
    return (
        f"\n    {','.join(f'{chr(10)}    {part}' for part in parts).strip()}\n"
        if len(parts) > 2
        else ", ".join(parts)
    )


def _names(arguments: str) -> str:
    return ", ".join(part.split()[0] for part in _split(arguments))


def _split(arguments: str) -> list[str]:
    """At the commas between arguments, not at those within a type or a default."""
    parts, depth = [""], 0
    for letter in arguments:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _one_line(words: str) -> str:
    return re.sub(r"\s+", " ", words)


def _prose(comment: str | None) -> str:
    return _one_line(comment or "").replace("|", "\\|").replace("<", "\\<")


def main() -> None:
    from peerledger import access, embedded
    from peerledger.migrate import migrate
    from peerledger.sqlfiles import Tree

    with tempfile.TemporaryDirectory() as directory:
        database = Database(embedded.start(Path(directory)), is_embedded=True, psql=None)
        migrate(database)
        with database.connect() as connection:
            (ROOT / "sql" / "access.csv").write_text(
                access.as_csv(Tree(), access.observed(connection, Tree())), encoding="utf-8"
            )
            sys.stdout.write("sql/access.csv\n")
            for name, text in generate(connection).items():
                path = (DOCS / name).resolve()
                path.write_text(text, encoding="utf-8")
                sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
